/** Metrics of controllers and their queues, by the names that controller-runtime and client-go give them. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ControllerObserver } from "../runtime/controller.ts";

/** Seconds; from one request to a run at its deadline. */
export const LATENCIES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/** Names and labels of controller-runtime and of client-go's work queue. Counters begin at 0, so that rates see the first one. */
export function createControllerMetrics(registers: Registry[]): (name: string) => ControllerObserver {
  const [perController, perQueue] = [["controller"], ["name", "controller"]];
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: readonly string[]) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, labelNames: readonly string[]) =>
    new Histogram({ name, help, labelNames, buckets: LATENCIES, registers });
  const total = counter("controller_runtime_reconcile_total", "Reconciles, by controller and result.", [
    "controller",
    "result",
  ]);
  const errors = counter("controller_runtime_reconcile_errors_total", "Reconciles that failed.", perController);
  const timeouts = counter(
    "controller_runtime_reconcile_timeouts_total",
    "Reconciles that took too long.",
    perController,
  );
  const time = histogram("controller_runtime_reconcile_time_seconds", "Time of a reconcile.", perController);
  const active = gauge("controller_runtime_active_workers", "Workers that reconcile now.", perController);
  const depth = gauge("workqueue_depth", "Keys that wait.", perQueue);
  const adds = counter("workqueue_adds_total", "Keys that were added.", perQueue);
  const retries = counter("workqueue_retries_total", "Keys that were added again after an error.", perQueue);
  const waited = histogram("workqueue_queue_duration_seconds", "How long keys wait.", perQueue);
  const worked = histogram("workqueue_work_duration_seconds", "How long keys are worked on.", perQueue);

  return (name) => {
    const labels = { controller: name };
    const queueLabels = { name, controller: name };
    for (const result of ["success", "requeue_after", "error"]) total.inc({ ...labels, result }, 0);
    errors.inc(labels, 0);
    return {
      reconciled(result, seconds) {
        total.inc({ ...labels, result });
        if (result === "error") errors.inc(labels);
        time.observe(labels, seconds);
      },
      timedOut: () => timeouts.inc(labels),
      active: (workers) => active.set(labels, workers),
      depth: (waiting) => depth.set(queueLabels, waiting),
      added: () => adds.inc(queueLabels),
      retried: () => retries.inc(queueLabels),
      started: (seconds) => waited.observe(queueLabels, seconds),
      finished: (seconds) => worked.observe(queueLabels, seconds),
    };
  };
}
