/** What the gateway tells at /metrics. No label is an address or a domain. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Answer } from "./catalog.ts";
import type { RecipientList } from "./list.ts";
import type { LookedAt, Obstacle } from "./take.ts";

export interface GatewayMetrics {
  scrape(): Promise<{ readonly status: number; readonly body: string; readonly contentType: string }>;
  lookup(map: string, result: Answer["kind"] | "malformed", seconds: number): void;
  /** What was found when a publication or a routing was looked at; undefined: nothing stands in its way. */
  looked(at: LookedAt, obstacle: Obstacle | undefined): void;
  swapped(seconds: number): void;
  writeFailed(): void;
  /** An older publication took the place of a newer one. */
  wentBack(sync: string): void;
  hook(code: number): void;
  /** The API server answered. */
  contact(at: number): void;
}

export interface MetricsOptions {
  readonly version: string;
  readonly lists: () => Iterable<RecipientList>;
  readonly connections: () => number;
}

/** In seconds: from memory it takes microseconds. */
const LOOKUP = [0.00001, 0.0001, 0.001, 0.005, 0.025, 0.1];

function tellVersion(version: string, registers: Registry[]): void {
  // Not the operator's name: its alerts and panels would count this program as a replica that never leads.
  const info = { name: "o365sync_gateway_build_info", help: "The version that runs; always 1." };
  new Gauge({ ...info, labelNames: ["version"], registers }).set({ version }, 1);
}

function tellLists(lists: () => Iterable<RecipientList>, registers: Registry[]): void {
  const tell = (name: string, help: string, read: (list: RecipientList) => number): void => {
    new Gauge({
      name: `o365sync_gateway_list_${name}`,
      help,
      labelNames: ["sync"],
      registers,
      collect() {
        this.reset();
        for (const list of lists()) this.set({ sync: list.sync }, read(list));
      },
    });
  };
  tell("addresses", "Addresses of the list in force.", ({ addresses }) => addresses);
  tell("timestamp_seconds", "When the list in force was published.", ({ time }) => Date.parse(time) / 1000);
}

/** By object: what stands in its way. */
function tellObstacles(registers: Registry[]): Map<string, LookedAt & { readonly obstacle: Obstacle }> {
  const standing = new Map<string, LookedAt & { readonly obstacle: Obstacle }>();
  new Gauge({
    name: "o365sync_gateway_obstacle",
    help: "1 for each object whose publication cannot be taken over as it stands; what was taken over before is in force.",
    labelNames: ["kind", "name", "obstacle"],
    registers,
    collect() {
      this.reset();
      for (const { kind, name, obstacle } of standing.values()) this.set({ kind, name, obstacle }, 1);
    },
  });
  return standing;
}

/** How the tables come to disk. */
function countFiles(registers: Registry[]): Pick<GatewayMetrics, "swapped" | "writeFailed"> {
  const swaps = new Histogram({
    name: "o365sync_gateway_swap_duration_seconds",
    help: "Time to write all tables and to let the link point to them.",
    buckets: [0.01, 0.1, 0.5, 1, 5, 30],
    registers,
  });
  const failures = new Counter({
    name: "o365sync_gateway_write_failures_total",
    help: "How often the tables could not be written; what stood before stays.",
    registers,
  });
  return { swapped: (seconds) => swaps.observe(seconds), writeFailed: () => failures.inc() };
}

export function createGatewayMetrics({ version, lists, connections }: MetricsOptions): GatewayMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `o365sync_gateway_${name}`, help, labelNames, registers });
  tellVersion(version, registers);
  tellLists(lists, registers);
  new Gauge({
    name: "o365sync_gateway_connections",
    help: "Open connections of socketmap clients.",
    registers,
    collect() {
      this.set(connections());
    },
  });
  const contact = new Gauge({
    name: "o365sync_gateway_last_contact_timestamp_seconds",
    help: "When the API server answered last; a change is seen only while it does.",
    registers,
  });
  const lookups = counter("lookups_total", "Requests over socketmap, by map and result.", ["map", "result"]);
  const time = new Histogram({
    name: "o365sync_gateway_lookup_duration_seconds",
    help: "Time to answer a request over socketmap.",
    buckets: LOOKUP,
    registers,
  });
  const standing = tellObstacles(registers);
  const obstacles = counter(
    "publications_refused_total",
    "How often a publication could not be taken over as it stood, by what was wrong; incomplete ones become whole in a moment.",
    ["obstacle"],
  );
  const back = counter(
    "went_back_total",
    "How often a publication was taken over that is older than the one before, as after a restored cluster.",
    ["sync"],
  );
  const hooks = counter(
    "on_change_total",
    "Runs of the command of --on-change, by exit code; -1: ended or not started.",
    ["code"],
  );
  const files = countFiles(registers);

  return {
    ...files,
    scrape: async () => ({ status: 200, body: await registry.metrics(), contentType: registry.contentType }),
    lookup(map, result, seconds) {
      lookups.inc({ map, result });
      if (result !== "malformed") time.observe(seconds);
    },
    looked(at, obstacle) {
      const key = `${at.kind}/${at.name}`;
      if (obstacle === undefined) return void standing.delete(key);
      standing.set(key, { ...at, obstacle });
      obstacles.inc({ obstacle });
    },
    wentBack: (sync) => back.inc({ sync }),
    hook: (code) => hooks.inc({ code }),
    contact: (at) => contact.set(at / 1000),
  };
}
