/** Counts what becomes of runs, slots and mails. */
import { Counter, Histogram, type Registry } from "prom-client";
import { LATENCIES } from "./controller-metrics.ts";

export interface RunObserver {
  runEnded(run: { readonly trigger: string; readonly result: string; readonly seconds: number }): void;
  missedSlots(count: number): void;
  /** Told of every attempt at a mail. */
  mailEnded(mail: { readonly result: string }): void;
}

export function createRunMetrics(registers: Registry[]): RunObserver {
  const runs = new Counter({
    name: "o365sync_runs_total",
    help: "Runs that ended, by what asked for them and what came of them.",
    labelNames: ["trigger", "result"],
    registers,
  });
  const time = new Histogram({
    name: "o365sync_run_duration_seconds",
    help: "Time of a run from its start to its end.",
    labelNames: ["result"],
    buckets: LATENCIES,
    registers,
  });
  const missed = new Counter({
    name: "o365sync_missed_slots_total",
    help: "Slots that passed their deadline before they could run.",
    registers,
  });
  const mails = new Counter({
    name: "o365sync_notifications_total",
    help: "Attempts at a mail, by what came of them: Sent, Partial (some recipients get nothing), Deferred or Failed.",
    labelNames: ["result"],
    registers,
  });
  for (const result of ["Sent", "Partial", "Deferred", "Failed"]) mails.inc({ result }, 0);

  return {
    runEnded({ trigger, result, seconds }) {
      runs.inc({ trigger, result });
      time.observe({ result }, seconds);
    },
    missedSlots: (count) => missed.inc(count),
    mailEnded: ({ result }) => mails.inc({ result }),
  };
}
