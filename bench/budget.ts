/** What the bench must show, as ratios that hold on any machine. Pure. */
import type { FleetResult } from "./fleet.ts";
import type { GatewayResult } from "./gateway.ts";
import type { HiresResult } from "./hires.ts";
import type { SizeResult, SyncCost, Work } from "./sizes.ts";

export interface Budget {
  /** Requests by the theoretical minimum, of every sync and of the fleet. */
  readonly requestsPerMinimum: number;
  /** How many times more requests a naive client makes, at least. */
  readonly naivePerRequest: number;
  /** Bytes of a sync without changes by those of a first one: the tenant is read in full. */
  readonly unchangedBytesPerFirst: number;
  /** Requests that write of a sync without changes, by those of a first one with ten ConfigMaps or more. */
  readonly unchangedWrites: number;
  /**
   * What a ratio of work may be above the ones below where no instructions were counted: CPU time of a program that finds its
   * caches full of others' work is so much longer, and the naive client of 10,000 users has a quarter of a second only.
   */
  readonly cpuTimeSpread: number;
  /** What a sync computes by what a naive client does for the same tenant; of 10,000 users or more. */
  readonly workPerNaive: Readonly<Record<SyncCost["sync"], number>>;
  /** What a sync computes without HTTP, TLS and an API server: bench/computing.ts, with Node.js 24 on x64. */
  readonly thousandInstructionsPerUser: Readonly<Record<SyncCost["sync"], number>>;
  /** What one more alias costs, by a first sync; of 10,000 users or more. */
  readonly aliasWorkPerFirst: number;
  /** The operator as one file. */
  readonly bundleKiB: number;
  /** Of any ConfigMap. */
  readonly largestKiB: number;
  /** Of the operator's process. */
  readonly peakMiB: number;
  readonly idleMiB: number;
  /** Of the fleet's time until the last tenant has its first domain. */
  readonly lastTenantBegan: number;
  /** Slots of the busiest hour by those of an even spread. */
  readonly busiestHour: number;
  /** Of the gateway program's process. */
  readonly gatewayMiB: number;
  /** Seconds until all but a hundredth of the addresses of people who were hired are accepted, by the interval of polls. */
  readonly hiredPerInterval: number;
  /** Recipients a second of a Postfix that asks it, by those of one that reads a cdb, at least. */
  readonly socketmapPerCdb: number;
  /** Lookups a second that it can answer, by those recipients, at least: Postfix must be what is waited for. */
  readonly lookupsPerRecipient: number;
}

export interface Results {
  readonly sizes: readonly SizeResult[];
  readonly fleet: FleetResult | undefined;
  readonly gateway: GatewayResult | undefined;
  readonly hires: HiresResult | undefined;
  readonly bundleKiB: number;
}

const ONE_ALIAS = { accounts: 1, changes: 1, history: 1, manifest: 1, recipients: 1 };

/** Every figure that is beyond the budget, in words. */
export function beyondBudget({ sizes, fleet, gateway, hires, bundleKiB }: Results, budget: Budget): string[] {
  const found: string[] = [];
  const most = (what: string, actual: number, allowed: number): void => {
    if (!(actual <= allowed)) found.push(`${what}: ${round(actual)}, allowed are ${round(allowed)}`);
  };
  most("KiB of the bundle", bundleKiB, budget.bundleKiB);
  for (const size of sizes) {
    if (size.users >= LARGE) checkWork(size, budget, most);
    const first = size.syncs.find(({ sync }) => sync === "first");
    for (const cost of size.syncs) {
      const where = `${size.name}, ${cost.sync}`;
      most(`${where}: requests by the minimum`, cost.requests / cost.minimum, budget.requestsPerMinimum);
      most(`${where}: peak MiB`, cost.peakMiB, budget.peakMiB);
      if (cost.sync === "unchanged") checkUnchanged(where, cost, first, budget, most);
      const changed = JSON.stringify(sorted(cost.changed));
      if (cost.sync === "one alias more" && changed !== JSON.stringify(ONE_ALIAS))
        found.push(`${where}: ${changed} are written anew, ${JSON.stringify(ONE_ALIAS)} would do`);
      most(`${where}: requests by a naive client's`, cost.requests / size.naive.requests, 1 / budget.naivePerRequest);
    }
    most(`${size.name}: KiB of the largest ConfigMap`, size.largestKiB, budget.largestKiB);
  }
  if (fleet !== undefined) {
    most("fleet: requests by the minimum", fleet.requests / fleet.minimum, budget.requestsPerMinimum);
    most("fleet: idle MiB", fleet.idle.residentMiB, budget.idleMiB);
    most("fleet: the last tenant's first domain", fleet.lastTenantBegan, budget.lastTenantBegan);
    most("fleet: the busiest hour", fleet.busiestHour, budget.busiestHour);
  }
  if (gateway !== undefined) checkGateway(gateway, budget, most);
  if (hires !== undefined) {
    most("hires: age of an address by the interval", hires.p99 / (hires.intervalMinutes * 60), budget.hiredPerInterval);
    if (hires.accepted !== hires.tenants * hires.hiresPerTenant)
      found.push(`hires: ${hires.accepted} addresses are accepted, of ${hires.tenants * hires.hiresPerTenant}`);
  }
  return found;
}

function checkGateway(
  { peakMiB, lookups, tables }: GatewayResult,
  budget: Budget,
  most: (what: string, actual: number, allowed: number) => void,
): void {
  const of = (table: string) => tables.find((each) => each.table === table);
  const [socketmap, cdb] = [of("socketmap"), of("cdb")];
  most("gateway: peak MiB", peakMiB, budget.gatewayMiB);
  const recipients = socketmap?.recipientsPerSecond ?? 0;
  most(
    "gateway: recipients with cdb by those with socketmap",
    (cdb?.recipientsPerSecond ?? 0) / recipients,
    1 / budget.socketmapPerCdb,
  );
  most("gateway: recipients by lookups", recipients / lookups.mostPerSecond, 1 / budget.lookupsPerRecipient);
  most("gateway: a new address with socketmap by one with cdb", (socketmap?.seenMs ?? 0) / (cdb?.seenMs ?? 0), 1);
}

/** Smaller ones say how long a program takes that has just started. */
const LARGE = 10_000;

const areCounted = (...works: readonly Work[]): boolean =>
  works.every(({ instructions }) => instructions !== undefined);

/** By instructions where both were counted, else by CPU time, which says less on a busy machine. */
export const workRatio = (a: Work, b: Work): number =>
  areCounted(a, b) ? (a.instructions ?? 0) / (b.instructions ?? 0) : a.cpuMs / b.cpuMs;

function checkWork(
  { name, syncs, naive }: SizeResult,
  budget: Budget,
  most: (what: string, actual: number, allowed: number) => void,
): void {
  const first = syncs.find(({ sync }) => sync === "first");
  for (const { sync, work } of syncs) {
    const spread = areCounted(work, naive.work) ? 1 : budget.cpuTimeSpread;
    most(`${name}, ${sync}: work by a naive client's`, workRatio(work, naive.work), budget.workPerNaive[sync] * spread);
    if (sync === "one alias more" && first !== undefined)
      most(`${name}, ${sync}: work by that of the first`, workRatio(work, first.work), budget.aliasWorkPerFirst);
  }
}

function checkUnchanged(
  where: string,
  cost: SyncCost,
  first: SyncCost | undefined,
  budget: Budget,
  most: (what: string, actual: number, allowed: number) => void,
): void {
  most(`${where}: bytes by those of the first`, cost.bytes / (first?.bytes ?? 0), budget.unchangedBytesPerFirst);
  most(`${where}: writes`, cost.writes, budget.unchangedWrites);
}

const sorted = (record: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

const round = (value: number): number => Math.round(value * 1000) / 1000;
