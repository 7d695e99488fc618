/** Counts requests to the API server, to Microsoft Graph and to Entra. */
import { Counter, Histogram, type Registry } from "prom-client";

export interface RequestMetrics {
  apiServerRequest(request: {
    readonly verb: string;
    readonly host: string;
    readonly code: string;
    readonly seconds: number;
  }): void;
  /** `status` 0: no answer. `resourceUnits`: what Graph says it cost. */
  graphRequest(request: {
    readonly operation: string;
    readonly status: number;
    readonly seconds: number;
    readonly resourceUnits?: number | undefined;
  }): void;
  tokenRequest(request: { readonly status: number }): void;
}

/** As client-go has them, in seconds. */
const API_SERVER = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const GRAPH = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createRequestMetrics(registers: Registry[]): RequestMetrics {
  const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const requests = counter(
    "rest_client_requests_total",
    "Requests to the API server, by status code, method and host.",
    ["code", "method", "host"],
  );
  const time = new Histogram({
    name: "rest_client_request_duration_seconds",
    help: "Time to the head of the API server's answer.",
    labelNames: ["verb", "host"],
    buckets: API_SERVER,
    registers,
  });
  const graph = counter(
    "o365sync_graph_requests_total",
    "Requests to Microsoft Graph, retries included, by operation and status code; <error> is no answer.",
    ["operation", "code"],
  );
  const graphTime = new Histogram({
    name: "o365sync_graph_request_duration_seconds",
    help: "Time of a request to Microsoft Graph.",
    labelNames: ["operation"],
    buckets: GRAPH,
    registers,
  });
  const throttled = counter("o365sync_graph_throttled_total", "Requests that Microsoft Graph answered with 429.");
  const units = counter(
    "o365sync_graph_resource_units_total",
    "What requests cost, as far as Microsoft Graph says so; its throttling counts these.",
    ["operation"],
  );
  const tokens = counter(
    "o365sync_token_requests_total",
    "Requests to Entra's token endpoint, by status code; <error> is no answer.",
    ["code"],
  );

  return {
    apiServerRequest({ verb, host, code, seconds }) {
      requests.inc({ code, method: verb, host });
      time.observe({ verb, host }, seconds);
    },
    graphRequest({ operation, status, seconds, resourceUnits }) {
      graph.inc({ operation, code: codeOf(status) });
      graphTime.observe({ operation }, seconds);
      if (status === 429) throttled.inc();
      if (resourceUnits !== undefined) units.inc({ operation }, resourceUnits);
    },
    tokenRequest: ({ status }) => tokens.inc({ code: codeOf(status) }),
  };
}

/** As client-go writes it. */
const codeOf = (status: number): string => (status === 0 ? "<error>" : String(status));
