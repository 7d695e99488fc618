/** A status that another version or an administrator left with what does not fit: made anew, and the list stays. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { validateSchema } from "../../../dev/apiserver/schema/validate.ts";
import type { Schema } from "../../../dev/apiserver/types.ts";
import { MAIL_DOMAIN } from "../../../src/api/resources.ts";
import { soundDomain, soundSync } from "../../../src/api/sound-status.ts";
import type { MailDomain } from "../../../src/api/types.generated.ts";
import { createSmallWorld, NAME, SLOTS_AND_POLLS, type SmallWorld } from "../../support/small-world.ts";
import { leavesOf, replacedAt, statusSchema } from "../../support/whole-status.ts";

const schema = statusSchema("O365Sync") as Schema;
/** By turns, so that each field meets several of them. */
const DAMAGE: readonly unknown[] = [
  "2026-01-01T10:00:00+99:99",
  null,
  "9999-12-31T23:59:59Z",
  1e300,
  [[]],
  { length: 1e9 },
  "soon",
  Number.MAX_SAFE_INTEGER,
];

/** On a machine that others use too. */
describe("A damaged status", { timeout: 120_000 }, () => {
  let world: SmallWorld;
  let list: readonly string[];
  beforeAll(async () => {
    world = await createSmallWorld({
      spec: { schedule: SLOTS_AND_POLLS, notifications: { enabled: true, recipients: ["ops@example.com"] } },
    });
    await world.work();
    // A plan that is held has fields of its own.
    for (let index = 0; index < 60; index++) world.company.remove(`user${index}@example.com`);
    await world.ask("sync", "held");
    list = world.accepted();
  });
  afterAll(() => world.close());

  it("has no field that is not mended, and no damage costs an address", async () => {
    const { status = {} } = world.sync();
    expect(status.held).toBeDefined();
    const paths = leavesOf(status);
    expect(paths.length).toBeGreaterThan(60);
    for (const [index, path] of paths.entries()) {
      const damage = DAMAGE[index % DAMAGE.length];
      world.edit((object) => {
        object.status = replacedAt(structuredClone(status), path, damage) as typeof status;
      });
      await world.work();
      const { status: after } = world.sync();
      const where = `${path.join(".")}: ${JSON.stringify(damage)}`;
      expect(validateSchema(after, schema, ""), where).toEqual([]);
      expect(soundSync(world.sync()).damaged, where).toEqual([]);
      expect(world.accepted(), where).toEqual(list);
    }
  });

  it("of a MailDomain is mended too, and the domain stays routed", async () => {
    const domain = () => world.cluster.store<MailDomain>(MAIL_DOMAIN).get(`mail/${NAME}`) as MailDomain;
    const { status = {} } = domain();
    for (const [index, path] of leavesOf(status).entries()) {
      world.editDomain((object) => {
        object.status = replacedAt(structuredClone(status), path, DAMAGE[index % DAMAGE.length]) as typeof status;
      });
      await world.work();
      expect(soundDomain(domain()).damaged, path.join(".")).toEqual([]);
      expect(domain().status?.routing, path.join(".")).toEqual(status.routing);
    }
  });
});
