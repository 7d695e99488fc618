/** What /metrics tells: the names of controller-runtime, so that existing dashboards work, and our own. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { O365Sync } from "../api/types.generated.ts";
import type { ControllerObserver } from "../runtime/controller.ts";
import type { Store } from "../runtime/types.ts";
import { createControllerMetrics, LATENCIES } from "./controller-metrics.ts";
import { observeObjects } from "./object-metrics.ts";
import { createRunMetrics, type RunObserver } from "./run-metrics.ts";
import type { Answer } from "./server.ts";

export interface Metrics extends RunObserver {
  /** Answers a scrape. */
  scrape(): Promise<Answer>;
  /** What a controller and its queue tell. */
  controller(name: string): ControllerObserver;
  apiServerRequest(request: {
    readonly verb: string;
    readonly host: string;
    readonly code: string;
    readonly seconds: number;
  }): void;
  /** `status` 0: no answer. */
  graphRequest(request: { readonly operation: string; readonly status: number; readonly seconds: number }): void;
  tokenRequest(request: { readonly status: number }): void;
}

export interface MetricsOptions {
  readonly version: string;
  readonly syncs: Store<O365Sync>;
  readonly leaderElectionId: string;
  readonly isLeading: () => boolean;
}

export function createMetrics({ version, syncs, leaderElectionId, isLeading }: MetricsOptions): Metrics {
  const registers = [new Registry()];
  const [registry = new Registry()] = registers;
  const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, labelNames: readonly string[]) =>
    new Histogram({ name, help, labelNames, buckets: LATENCIES, registers });

  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "o365sync_build_info",
    help: "The version that runs; always 1.",
    labelNames: ["version"],
    registers,
  }).set({ version }, 1);
  observeObjects(registers, syncs);

  const requests = counter(
    "rest_client_requests_total",
    "Requests to the API server, by status code, method and host.",
    ["code", "method", "host"],
  );
  const requestTime = histogram(
    "rest_client_request_duration_seconds",
    "Time to the head of the API server's answer.",
    ["verb", "host"],
  );
  new Gauge({
    name: "leader_election_master_status",
    help: "Whether this process holds the Lease: 1 or 0.",
    labelNames: ["name"],
    registers,
    collect() {
      this.set({ name: leaderElectionId }, isLeading() ? 1 : 0);
    },
  });
  const graph = counter(
    "o365sync_graph_requests_total",
    "Requests to Microsoft Graph, retries included, by operation and status code.",
    ["operation", "code"],
  );
  const graphTime = histogram("o365sync_graph_request_duration_seconds", "Time of a request to Microsoft Graph.", [
    "operation",
  ]);
  const throttled = counter("o365sync_graph_throttled_total", "Requests that Microsoft Graph answered with 429.");
  const tokens = counter("o365sync_token_requests_total", "Requests to Entra's token endpoint, by status code.", [
    "code",
  ]);
  const controllers = createControllerMetrics(registers);

  return {
    async scrape() {
      return { status: 200, body: await registry.metrics(), contentType: registry.contentType };
    },
    controller: controllers,
    apiServerRequest({ verb, host, code, seconds }) {
      requests.inc({ code, method: verb, host });
      requestTime.observe({ verb, host }, seconds);
    },
    graphRequest({ operation, status, seconds }) {
      graph.inc({ operation, code: codeOf(status) });
      graphTime.observe({ operation }, seconds);
      if (status === 429) throttled.inc();
    },
    tokenRequest: ({ status }) => tokens.inc({ code: codeOf(status) }),
    ...createRunMetrics(registers),
  };
}

const codeOf = (status: number): string => (status === 0 ? "<error>" : String(status));
