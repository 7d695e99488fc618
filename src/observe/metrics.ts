/** What /metrics tells: the names of controller-runtime, so that existing dashboards work, and our own. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { inSlices } from "../base/slices.ts";
import type { ControllerObserver } from "../runtime/controller.ts";
import { type AdditionsObserver, createAdditionsMetrics } from "./additions-metrics.ts";
import { createControllerMetrics } from "./controller-metrics.ts";
import { createObjectMetrics, type ObjectStores } from "./object-metrics.ts";
import { createRequestMetrics, type RequestMetrics } from "./request-metrics.ts";
import { createRunMetrics, type RunObserver } from "./run-metrics.ts";
import type { Answer } from "./server.ts";

/** Each look at the event loop is a timer: every 10 ms, the default, costs an idle process more than all else. */
const LOOP_PRECISION_MS = 100;

/** A scrape is answered, whoever has hung up. */
const NEVER = new AbortController().signal;

export interface Metrics extends RunObserver, AdditionsObserver, RequestMetrics {
  /** Answers a scrape. */
  scrape(): Promise<Answer<readonly Buffer[]>>;
  /** What a controller and its queue tell. */
  controller(name: string, workers: number): ControllerObserver;
}

export interface MetricsOptions {
  readonly version: string;
  readonly stores: ObjectStores;
  readonly leaderElectionId: string;
  readonly isLeading: () => boolean;
  /** What is watched; an empty name stands for all namespaces. */
  readonly namespaces: () => readonly { readonly namespace: string; readonly synced: boolean }[];
}

/** Their names say "total" and they are no counters; the same facts stand in nodejs_active_handles and its like. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

export function createMetrics({ version, stores, leaderElectionId, isLeading, namespaces }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  new Gauge({
    name: "o365sync_build_info",
    help: "The version that runs; always 1.",
    labelNames: ["version"],
    registers,
  }).set({ version }, 1);
  const labelNames = ["name"];
  new Gauge({
    name: "leader_election_master_status",
    help: "Whether this process holds the Lease: 1 or 0.",
    labelNames,
    registers,
    collect() {
      this.set({ name: leaderElectionId }, isLeading() ? 1 : 0);
    },
  });
  new Counter({
    name: "leader_election_slowpath_total",
    help: "Always 0: a renewal here is one request, and has no slow path.",
    labelNames,
    registers,
  }).inc({ name: leaderElectionId }, 0);

  new Gauge({
    name: "o365sync_namespace_synced",
    help: "Whether everything that is watched in a namespace was listed: 1 or 0. An empty name stands for all of them.",
    labelNames: ["namespace"],
    registers,
    collect() {
      for (const { namespace, synced } of namespaces()) this.set({ namespace }, synced ? 1 : 0);
    },
  });

  const objects = createObjectMetrics(stores);
  return {
    async scrape() {
      const body = [Buffer.from(await registry.metrics()), await inSlices(objects(), NEVER)];
      return { status: 200, body, contentType: registry.contentType };
    },
    controller: createControllerMetrics(registers),
    ...createRequestMetrics(registers),
    ...createRunMetrics(registers),
    ...createAdditionsMetrics(registers),
  };
}
