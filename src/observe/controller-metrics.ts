/** Metrics of controllers and their queues, by the names, labels and buckets of controller-runtime and client-go. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ControllerObserver } from "../runtime/controller.ts";

/** Seconds. */
const RECONCILE = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const QUEUE = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];

const RESULTS = ["success", "requeue", "requeue_after", "error"];

/** Counters begin at 0, so that rates see the first one. */
export function createControllerMetrics(registers: Registry[]): (name: string, workers: number) => ControllerObserver {
  const metrics = { ...controllerMetrics(registers), ...queueMetrics(registers) };

  return (name, workers) => {
    const labels = { controller: name };
    const queueLabels = { name, controller: name };
    for (const result of RESULTS) metrics.total.inc({ ...labels, result }, 0);
    for (const metric of [metrics.errors, metrics.timeouts, metrics.terminal, metrics.panics]) metric.inc(labels, 0);
    for (const metric of [metrics.adds, metrics.retries]) metric.inc(queueLabels, 0);
    metrics.workers.set(labels, workers);
    metrics.active.set(labels, 0);
    metrics.depth.set(queueLabels, 0);
    return {
      reconciled(result, seconds) {
        metrics.total.inc({ ...labels, result });
        if (result === "error") metrics.errors.inc(labels);
        metrics.time.observe(labels, seconds);
      },
      timedOut: () => metrics.timeouts.inc(labels),
      active: (count) => metrics.active.set(labels, count),
      depth: (waiting) => metrics.depth.set(queueLabels, waiting),
      added: () => metrics.adds.inc(queueLabels),
      retried: () => metrics.retries.inc(queueLabels),
      started: (seconds) => metrics.waited.observe(queueLabels, seconds),
      finished: (seconds) => metrics.worked.observe(queueLabels, seconds),
      watch: (probe) => void metrics.probes.set(name, probe),
    };
  };
}

function controllerMetrics(registers: Registry[]) {
  const labelNames = ["controller"];
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  return {
    total: new Counter({
      name: "controller_runtime_reconcile_total",
      help: "Reconciles, by controller and result.",
      labelNames: ["controller", "result"],
      registers,
    }),
    errors: counter("controller_runtime_reconcile_errors_total", "Reconciles that failed."),
    terminal: counter(
      "controller_runtime_terminal_reconcile_errors_total",
      "Always 0: what a person must mend is a condition here, and no error of a reconcile.",
    ),
    panics: counter(
      "controller_runtime_reconcile_panics_total",
      "Always 0: what a reconcile throws is counted as an error.",
    ),
    timeouts: counter("controller_runtime_reconcile_timeouts_total", "Reconciles that took too long."),
    time: new Histogram({
      name: "controller_runtime_reconcile_time_seconds",
      help: "Time of a reconcile.",
      labelNames,
      buckets: RECONCILE,
      registers,
    }),
    active: gauge("controller_runtime_active_workers", "Workers that reconcile now."),
    workers: gauge("controller_runtime_max_concurrent_reconciles", "Workers that there are."),
  };
}

function queueMetrics(registers: Registry[]) {
  const labelNames = ["name", "controller"];
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, labelNames, buckets: QUEUE, registers });
  const probes = new Map<string, Parameters<NonNullable<ControllerObserver["watch"]>>[0]>();
  const probed = (name: string, help: string, field: "unfinishedSeconds" | "longestRunningSeconds") =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const [controller, probe] of probes) this.set({ name: controller, controller }, probe[field]());
      },
    });
  probed("workqueue_unfinished_work_seconds", "Time of all reconciles that run now, together.", "unfinishedSeconds");
  probed(
    "workqueue_longest_running_processor_seconds",
    "Time of the reconcile that has run the longest.",
    "longestRunningSeconds",
  );
  return {
    probes,
    depth: new Gauge({ name: "workqueue_depth", help: "Keys that wait.", labelNames, registers }),
    adds: counter("workqueue_adds_total", "Keys that were added."),
    retries: counter("workqueue_retries_total", "Keys that were added again after an error."),
    waited: histogram("workqueue_queue_duration_seconds", "How long keys wait."),
    worked: histogram("workqueue_work_duration_seconds", "How long keys are worked on."),
  };
}
