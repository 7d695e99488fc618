/** Counts what comes of asking tenants between syncs what is new. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

interface Name {
  readonly namespace: string;
  readonly name: string;
}

interface Poll {
  readonly result: string;
  /** When the tenant answered, in milliseconds since the epoch; absent where it did not. */
  readonly answered?: number;
  readonly accountAdds?: number;
  readonly aliasAdds?: number;
  /** Of what was accepted, in seconds, as far as its object says when it was made. */
  readonly ages?: readonly number[];
}

export interface AdditionsObserver {
  /** Told of every time a tenant was asked what is new. */
  polled(object: Name, poll: Poll): void;
  /** It is not asked for, or no longer. */
  unpolled(object: Name): void;
}

/** Counted from 0, so that rates see the first one. */
const RESULTS = ["Added", "Nothing", "Limited", "Waiting", "Failed"];

/** Seconds: from a poll that came at once to an hour's interval, and what was behind. */
const AGE = [5, 15, 30, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1800, 3600, 7200];

export function createAdditionsMetrics(registers: Registry[]): AdditionsObserver {
  const polls = new Counter({
    name: "o365sync_additions_polls_total",
    help: "How often tenants were asked between syncs what is new, by what came of it.",
    labelNames: ["result"],
    registers,
  });
  const additions = new Counter({
    name: "o365sync_additions_total",
    help: "What was accepted between syncs, by kind: account or alias.",
    labelNames: ["kind"],
    registers,
  });
  const age = new Histogram({
    name: "o365sync_additions_age_seconds",
    help: "How old a new account was when its address was accepted between syncs, where its object says when it was made.",
    buckets: AGE,
    registers,
  });
  const last = new Gauge({
    name: "o365sync_additions_last_poll_timestamp_seconds",
    help: "When the tenant told last what is new; absent until it did so in this process, and while additions are off.",
    labelNames: ["namespace", "name"],
    registers,
  });
  for (const result of RESULTS) polls.inc({ result }, 0);
  for (const kind of ["account", "alias"]) additions.inc({ kind }, 0);
  return {
    polled({ namespace, name }, { result, answered, accountAdds = 0, aliasAdds = 0, ages = [] }) {
      polls.inc({ result });
      additions.inc({ kind: "account" }, accountAdds);
      additions.inc({ kind: "alias" }, aliasAdds);
      for (const seconds of ages) age.observe(seconds);
      if (answered !== undefined) last.set({ namespace, name }, answered / 1000);
    },
    unpolled: ({ namespace, name }) => last.remove({ namespace, name }),
  };
}
