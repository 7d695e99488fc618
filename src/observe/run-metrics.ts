/** Counts what becomes of runs, slots and mails. */
import { Counter, Histogram, type Registry } from "prom-client";

export interface EndedRun {
  readonly trigger: string;
  readonly result: string;
  readonly seconds: number;
  /** How late it began, for the first attempt at a slot. */
  readonly delaySeconds?: number | undefined;
}

export interface RunObserver {
  runEnded(run: EndedRun): void;
  missedSlots(count: number): void;
  /** Told of every attempt at a mail. */
  mailEnded(mail: { readonly result: string }): void;
}

/** Counted from 0, so that rates see the first one. */
const TRIGGERS = ["Schedule", "Manual", "Initial", "SpecChange", "DomainChange", "Repair", "Approval"];

/** Seconds. */
const RUN = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600];
const DELAY = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 21_600];

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
    buckets: RUN,
    registers,
  });
  const delay = new Histogram({
    name: "o365sync_schedule_delay_seconds",
    help: "How long after its slot a scheduled run began; retries do not count.",
    buckets: DELAY,
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
  for (const trigger of TRIGGERS) {
    for (const result of ["Published", "Unchanged", "Held", "Failed"]) runs.inc({ trigger, result }, 0);
  }
  for (const result of ["Published", "Unchanged", "Held", "Failed", "Succeeded"]) time.zero({ result });
  for (const result of ["Succeeded", "Failed"]) runs.inc({ trigger: "Test", result }, 0);
  for (const result of ["Sent", "Partial", "Deferred", "Failed"]) mails.inc({ result }, 0);

  return {
    runEnded({ trigger, result, seconds, delaySeconds }) {
      runs.inc({ trigger, result });
      time.observe({ result }, seconds);
      if (delaySeconds !== undefined) delay.observe(delaySeconds);
    },
    missedSlots: (count) => missed.inc(count),
    mailEnded: ({ result }) => mails.inc({ result }),
  };
}
