/** A day of some tenants, in simulated time: people are hired at random, and how old their addresses are once a gateway accepts them. */
import type { O365Sync } from "../src/api/types.generated.ts";
import { nextPoll } from "../src/sync/additions/poll-times.ts";
import { createSmallWorld, peopleOf, type SmallWorld } from "../test/support/small-world.ts";
import { markdown } from "./table.ts";

export interface HiresCase {
  readonly tenants: number;
  readonly hiresPerTenant: number;
  readonly intervalMinutes: number;
  /** The mean of how late a delta tells of a change; few are much later. */
  readonly lateSeconds: number;
}

export interface HiresResult extends HiresCase {
  readonly accepted: number;
  /** In seconds. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LATEST_MS = 2 * MINUTE_MS;

export async function measureHires(size: HiresCase): Promise<HiresResult> {
  const random = createRandom(1);
  const ages: number[] = [];
  for (let tenant = 0; tenant < size.tenants; tenant++) ages.push(...(await day(size, random)));
  ages.sort((a, b) => a - b);
  const part = (share: number): number =>
    ages[Math.min(ages.length - 1, Math.floor(ages.length * share))] ?? Number.NaN;
  return { ...size, accepted: ages.length, p50: part(0.5), p99: part(0.99), most: part(1) };
}

async function day(
  { hiresPerTenant, intervalMinutes, lateSeconds }: HiresCase,
  random: () => number,
): Promise<number[]> {
  const schedule: O365Sync["spec"]["schedule"] = {
    enabled: true,
    times: ["06:00", "18:00"],
    timeZone: "UTC",
    startingDeadlineSeconds: 7200,
    additions: { enabled: true, intervalMinutes },
  };
  const late = (): number => Math.min(LATEST_MS, -Math.log(1 - random()) * lateSeconds * 1000);
  const world = await createSmallWorld({ company: peopleOf(50), spec: { schedule }, late });
  try {
    await world.work();
    const begin = world.now;
    const hires = Array.from({ length: hiresPerTenant }, () => begin + random() * DAY_MS).sort((a, b) => a - b);
    return await live(world, hires, intervalMinutes * MINUTE_MS);
  } finally {
    await world.close();
  }
}

/** From poll to poll. Where nobody waits a poll changes nothing, and most are left out. */
async function live(world: SmallWorld, hires: readonly number[], intervalMs: number): Promise<number[]> {
  const waiting = new Map<string, number>();
  const ages: number[] = [];
  let polls = 0;
  const poll = async (): Promise<void> => {
    if (waiting.size === 0 && polls++ % 12 !== 0) return;
    await world.work();
    const accepted = new Set(world.accepted());
    for (const [address, hired] of waiting) {
      if (!accepted.has(address)) continue;
      ages.push((world.now - hired) / 1000);
      waiting.delete(address);
    }
  };
  const pollUntil = async (end: number): Promise<void> => {
    for (
      let at = nextPoll(world.sync(), intervalMs, world.now);
      at < end;
      at = nextPoll(world.sync(), intervalMs, at)
    ) {
      world.now = Math.max(world.now, at);
      await poll();
      if (end === Number.POSITIVE_INFINITY && waiting.size === 0) return;
    }
  };
  for (const [index, hired] of hires.entries()) {
    await pollUntil(hired);
    world.now = Math.max(world.now, hired);
    world.company.hire(`new${index}@example.com`);
    waiting.set(`new${index}@example.com`, hired);
  }
  await pollUntil(Number.POSITIVE_INFINITY);
  return ages;
}

/** The same days each time (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function hiresTable({ tenants, accepted, intervalMinutes, lateSeconds, p50, p99, most }: HiresResult): string {
  const seconds = (value: number): string => `${value.toFixed(0)} s`;
  return markdown(
    ["hires", ""],
    [
      ["tenants, hires within a day", `${tenants}, ${accepted}`],
      ["asked every, a delta is late by (mean)", `${intervalMinutes} min, ${lateSeconds} s`],
      ["age of an address when it is accepted: p50, p99, most", `${seconds(p50)}, ${seconds(p99)}, ${seconds(most)}`],
    ],
  );
}
