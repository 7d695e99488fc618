/** A day with additions, as the operator's own code lives it: what docs/pictures/additions.svg shows. Written by `npm run record:additions`. */
import { createCompany } from "../../dev/tenant/company.ts";
import { nextPoll } from "../../src/sync/additions/poll-times.ts";
import { createSmallWorld, SLOTS_AND_POLLS, type SmallWorld } from "../../test/support/small-world.ts";

/** Times are minutes since the first midnight. */
export interface AdditionsDay {
  readonly polls: readonly number[];
  /** Polls that found something, and how many addresses gateways accept since. */
  readonly added: readonly { readonly at: number; readonly addresses: number }[];
  readonly slots: readonly { readonly at: number; readonly result: string }[];
  readonly happened: readonly { readonly at: number; readonly what: string }[];
  readonly held: { readonly from: number; readonly until: number; readonly digests: number };
}

const MINUTE_MS = 60_000;
const MIDNIGHT = Date.UTC(2026, 0, 1);
const INTERVAL_MS = 5 * MINUTE_MS;

const clock = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

const STORY: readonly (readonly [at: number, what: string, work: (world: SmallWorld) => unknown])[] = [
  [clock("09:12"), "hired", ({ company }) => void company.hire("nora@example.com")],
  [clock("12:31"), "renamed", ({ company }) => company.rename("user30@example.com", "married@example.com")],
  [
    clock("17:02"),
    "20 leave",
    ({ company }) => {
      for (let index = 0; index < 20; index++) company.remove(`user${index}@example.com`);
    },
  ],
  [clock("20:43"), "hired", ({ company }) => void company.hire("olga@example.com")],
  [
    clock("24:00") + clock("08:10"),
    "approved",
    (world) => world.ask("approve", world.sync().status?.held?.planDigest ?? ""),
  ],
];
const END = clock("24:00") + clock("09:00");

export async function liveDay(): Promise<AdditionsDay> {
  const polls: number[] = [];
  const added: { at: number; addresses: number }[] = [];
  const slots: { at: number; result: string }[] = [];
  const happened: { at: number; what: string }[] = [];
  const heldAt: number[] = [];
  const digests = new Set<string>();
  const company = createCompany(["example.com"]);
  for (let index = 0; index < 40; index++) company.hire(`user${index}@example.com`);
  const minute = (): number => Math.floor((world.now - MIDNIGHT) / MINUTE_MS);
  const observer = {
    runEnded({ trigger, result }: { readonly trigger: string; readonly result: string }) {
      if (trigger === "Schedule") slots.push({ at: minute(), result });
    },
    missedSlots() {},
    mailEnded() {},
    polled(_: unknown, poll: { readonly accountAdds?: number; readonly aliasAdds?: number }) {
      const addresses = (poll.accountAdds ?? 0) + (poll.aliasAdds ?? 0);
      if (addresses > 0) added.push({ at: minute(), addresses });
      else polls.push(minute());
    },
    unpolled() {},
  };
  const world = await createSmallWorld({ company, spec: { schedule: SLOTS_AND_POLLS }, observer });
  const look = async (): Promise<void> => {
    await world.work();
    const { held } = world.sync().status ?? {};
    if (held === undefined) return;
    heldAt.push(minute());
    digests.add(held.planDigest);
  };
  try {
    world.now = MIDNIGHT + clock("05:30") * MINUTE_MS;
    await look();
    const until = async (end: number): Promise<void> => {
      for (;;) {
        const at = nextInstant(world);
        if (at > MIDNIGHT + end * MINUTE_MS) return;
        world.now = Math.max(world.now, at);
        await look();
      }
    };
    for (const [at, what, work] of STORY) {
      await until(at);
      world.now = Math.max(world.now, MIDNIGHT + at * MINUTE_MS);
      happened.push({ at, what });
      await work(world);
    }
    await until(END);
  } finally {
    await world.close();
  }
  const held = { from: heldAt[0] ?? 0, until: STORY.at(-1)?.[0] ?? 0, digests: digests.size };
  return { polls, added, slots, happened, held };
}

/** The next poll, or the next slot. */
function nextInstant(world: SmallWorld): number {
  const slot = Date.parse(world.sync().status?.schedule?.nextTime ?? "");
  const poll = nextPoll(world.sync(), INTERVAL_MS, world.now);
  return slot > world.now ? Math.min(slot, poll) : poll;
}
