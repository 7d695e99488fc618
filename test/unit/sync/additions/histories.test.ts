/** Whatever happens to a tenant, to its changes and to the process: additions only add, and a sync is none the wiser. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { createCompany } from "../../../../dev/tenant/company.ts";
import { createMortal, Died } from "../../../support/mortal.ts";
import { createSmallWorld, peopleOf, SLOTS_AND_POLLS, type SmallWorld } from "../../../support/small-world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const FREE = { deletionGuard: { enabled: false, maxPercent: 10, floor: 10 } };

type Company = ReturnType<typeof createCompany>;

/** What a step may be, with numbers that choose whom it is about. */
const STEP = fc.oneof(
  fc.record({ do: fc.constant("hire" as const), who: fc.nat(1000) }),
  fc.record({ do: fc.constant("alias" as const), who: fc.nat(1000) }),
  fc.record({ do: fc.constant("rename" as const), who: fc.nat(1000) }),
  fc.record({ do: fc.constant("remove" as const), who: fc.nat(1000) }),
  fc.record({ do: fc.constant("poll" as const) }),
  fc.record({ do: fc.constant("forget" as const) }),
  fc.record({ do: fc.constant("restart" as const) }),
  fc.record({ do: fc.constant("die" as const), call: fc.integer({ min: 1, max: 25 }), after: fc.boolean() }),
);
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

const addressesOf = ({ users, groups, contacts }: Company): string[] =>
  [users, groups, contacts].flatMap((all) =>
    [...all.values()].flatMap(({ proxyAddresses }) => proxyAddresses.map((raw) => raw.replace(/^smtp:/i, ""))),
  );

/** Changes the company; `count` makes names new. */
function change(company: Company, step: Step, count: number): void {
  const people = [...company.users.values()];
  const who = "who" in step ? people[step.who % people.length]?.id : undefined;
  if (step.do === "hire") company.hire(`new${count}@example.com`, [`other${count}@example.com`]);
  else if (who === undefined) return;
  else if (step.do === "alias") company.addAlias(who, `alias${count}@example.com`);
  else if (step.do === "rename") company.rename(who, `renamed${count}@example.com`);
  else if (step.do === "remove" && people.length > 5) company.remove(who);
}

async function poll(world: SmallWorld): Promise<void> {
  world.now += 5 * MINUTE_MS;
  await world.work();
}

/** A process that dies at a call of the poll, and one that takes over. */
async function pollAndDie(world: SmallWorld, call: number, when: "before" | "after"): Promise<void> {
  const mortal = createMortal(world.cluster.client);
  world.restart(mortal.client);
  await world.work();
  mortal.dieAt(call, when);
  world.damaged = true;
  await poll(world).catch((error: unknown) => {
    if (!mortal.isDead && !(error instanceof Died)) throw error;
  });
  world.restart();
  await world.work();
  world.damaged = false;
}

async function take(world: SmallWorld, step: Step, count: number): Promise<void> {
  if (step.do === "poll") await poll(world);
  else if (step.do === "forget") world.tenant.forgetDeltas();
  else if (step.do === "restart") world.restart();
  else if (step.do === "die") await pollAndDie(world, step.call, step.after ? "after" : "before");
  else change(world.company, step, count);
}

/** What a sync alone publishes of this company. */
async function revisionOf(company: Company): Promise<string | undefined> {
  const alone = await createSmallWorld({ company, spec: FREE });
  await alone.ask("sync", "1");
  await alone.close();
  return alone.sync().status?.published?.revision;
}

describe("Additions", () => {
  it("only add what some object had, whatever happens, and the next sync publishes what it would have alone", async () => {
    const steps = fc.array(STEP, { minLength: 4, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const company = peopleOf(8);
        const world = await createSmallWorld({ company, spec: { schedule: SLOTS_AND_POLLS, ...FREE } });
        try {
          await world.work();
          const roles = ["abuse@example.com", "postmaster@example.com"];
          const ever = new Set([...roles, ...addressesOf(company)]);
          let before = world.accepted();
          for (const [count, step] of [...all, { do: "poll" } as const].entries()) {
            await take(world, step, count);
            for (const address of addressesOf(company)) ever.add(address);
            const now = world.accepted();
            expect(now).toEqual(expect.arrayContaining(before));
            expect(now.filter((address) => !ever.has(address))).toEqual([]);
            before = now;
          }
          world.now += 6 * HOUR_MS;
          await world.work();
          expect(world.sync().status?.lastSync?.trigger).toBe("Schedule");
          expect(world.sync().status?.published?.revision).toBe(await revisionOf(company));
        } finally {
          await world.close();
        }
      }),
      { numRuns: process.env["CI_DEPTH"] === "full" ? 100 : 8 },
    );
  }, 240_000);

  it("survive a process that dies at any call of the publication: what was hired is accepted, and counted once", async () => {
    let calls = 0;
    for (let ended = false; !ended; calls++) {
      for (const when of ["before", "after"] as const) {
        const world = await createSmallWorld({ company: peopleOf(5), spec: { schedule: SLOTS_AND_POLLS, ...FREE } });
        await world.work();
        await poll(world);
        world.company.hire("new@example.com");
        const mortal = createMortal(world.cluster.client);
        world.restart(mortal.client);
        await world.work();
        mortal.dieAt(calls + 1, when);
        world.damaged = true;
        await poll(world).catch(() => {});
        ended = !mortal.isDead;
        world.restart();
        await world.work();
        await poll(world);
        world.damaged = false;
        expect(world.accepted()).toContain("new@example.com");
        expect(world.sync().status?.additions).toMatchObject({ state: "Current", accountAdds: 1 });
        expect(world.sync().status?.lastSync).toMatchObject({ trigger: "Initial", result: "Published" });
        await world.close();
      }
    }
    expect(calls).toBeGreaterThan(10);
  }, 240_000);
});
