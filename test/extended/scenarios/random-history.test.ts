/** Whatever happens in a tenant: no address leaves the tables but by a plan that passed, or that was approved. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCompany } from "../../../dev/tenant/company.ts";
import { createRandom } from "../../support/random.ts";
import { createWorld, type World } from "../../support/world.ts";

const STEPS = process.env["CI_DEPTH"] === "full" ? 1_000 : 60;
const SEED = Number(process.env["SEED"] ?? 20_261_124);

/** By itself, as the copy of an address in a Mirror domain, or with the whole Mirror domain. */
function wasShown(plan: string, address: string): boolean {
  const [local = "", domain = ""] = address.split("@");
  return (
    plan.includes(`- ${address} `) ||
    plan.includes(`- ${local}@example.com `) ||
    plan.includes(`Mirror domain ${domain}\n`)
  );
}

describe(`a random history of ${STEPS} changes (SEED=${SEED})`, () => {
  const random = createRandom(SEED);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  let world: World;
  let made = 0;
  beforeAll(async () => {
    const company = createCompany(["example.com", "example.net"]);
    for (let index = 0; index < 80; index++)
      company.hire(`first${index}@example.com`, index % 4 === 0 ? [`alias${index}@example.com`] : []);
    for (let index = 0; index < 10; index++) company.addGroup(`list${index}@example.com`);
    company.addContact("contact@example.com");
    world = await createWorld({ company, flags: ["--manual-runs-per-hour=3600"] });
    await world.install({ deletionGuard: { enabled: true, maxPercent: 10, floor: 4 } });
    await world.ask("sync", "start");
  });
  afterAll(() => world.close());

  const accepted = async (): Promise<Set<string>> => {
    await world.observe();
    return new Set(world.gateway.accepted());
  };

  const change = async (): Promise<void> => {
    const { company } = world.tenant;
    const mails = [...company.users.values()].flatMap(({ mail }) => mail ?? []);
    const fresh = (): string => `new${++made}@example.com`;
    const bool = (): boolean => random() < 0.5;
    if (mails.length < 40) {
      for (let hired = 0; hired < 20; hired++) company.hire(fresh());
      return;
    }
    await pick<() => unknown>([
      () => company.hire(fresh(), bool() ? [fresh()] : []),
      () => company.remove(pick(mails)),
      () =>
        mails.slice(0, Math.floor(random() * 30)).forEach((mail) => {
          company.remove(mail);
        }),
      () => company.rename(pick(mails), fresh()),
      () => company.addAlias(pick(mails), fresh()),
      // An address that stands on two objects for a while.
      () => company.addAlias(pick(mails), pick(mails)),
      () =>
        world.patch("o365syncs", "example-com", {
          spec: { sources: { users: true, groups: bool(), contacts: bool() } },
        }),
      () => world.patch("o365syncs", "example-com", { spec: { excludeRecords: bool() ? ["alias*"] : [] } }),
      () =>
        world.patch("maildomains", "example-com", {
          spec: { aliasDomains: bool() ? [{ name: "example.org", recipients: "Mirror" }] : [] },
        }),
    ])();
  };

  it("never takes an address away unseen", { timeout: 240_000 }, async () => {
    let removedUnseen = 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (let step = 0; step < STEPS; step++) {
      const before = await accepted();
      const held = (await world.sync()).status?.held;
      for (let changes = Math.floor(random() * 3); changes >= 0; changes--) await change();
      const plan = (await world.configMap("example-com-plan"))?.data?.["plan.txt"] ?? "";
      const approves = held?.approvable === true && random() < 0.5;
      await world.ask(approves ? "approve" : "sync", approves ? held.planDigest : `step-${step}`);
      const after = await accepted();
      const lost = [...before].filter((address) => !after.has(address));
      // The model: what goes without an approval stays within the guard, over 24 hours, and never is the half.
      const unseen = lost.filter((address) => !(approves && wasShown(plan, address)));
      removedUnseen += unseen.length;
      smallest = Math.min(smallest, before.size);
      const allowed = Math.min(Math.max(4, before.size / 10), before.size / 2);
      const kept = unseen.length === 0 || removedUnseen <= allowed;
      expect({ step, kept }).toEqual({ step, kept: true });
    }
    expect(smallest).toBeGreaterThan(0);
  });
});
