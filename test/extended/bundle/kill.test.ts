/** The bundled operator is killed again and again while it works; nothing is lost, nothing is told twice. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HistoryRecord } from "../../../src/publication/run-records.ts";
import { type Bundle, createBundle } from "../../support/bundle.ts";
import { expectedRecipients } from "../../support/expected.ts";
import { createRandom } from "../../support/random.ts";
import { createWorld, type World } from "../../support/world.ts";

const KILLS = process.env["CI_DEPTH"] === "full" ? 1_000 : process.env["CI"] ? 25 : 5;

describe(`An operator that is killed ${KILLS} times`, () => {
  const random = createRandom(11);
  let world: World;
  let bundle: Bundle;
  beforeAll(async () => {
    world = await createWorld({ operator: false });
    bundle = await createBundle(world);
    // A thousand leavers in a day would be held, and rightly so.
    await world.install({ historyLimit: 100, deletionGuard: { enabled: false } });
  });
  afterAll(async () => {
    await bundle.close();
    await world.close();
  });

  it("finishes what it began, and answers every request once", { timeout: 3_600_000 }, async () => {
    // Long enough for a start, a run, and some of what follows, measured by the first one.
    const first = bundle.start();
    const began = Date.now();
    await world.ask("sync", "first");
    const span = Date.now() - began;
    await world.observe();
    // Who stays is never refused, whatever becomes of the alias domain beside them.
    expect(world.gateway.accepted().size).toBeGreaterThan(0);
    world.gateway.expectAlways(world.gateway.accepted());
    first.child.kill("SIGKILL");
    const { company } = world.tenant;
    for (let kill = 0; kill < KILLS; kill++) {
      company.hire(`hire${kill}@example.com`);
      if (kill > 0 && random() < 0.5) company.remove(`hire${kill - 1}@example.com`);
      const aliasDomains = random() < 0.5 ? [{ name: "example.net", recipients: "Directory" }] : [];
      if (random() < 0.3) await world.patch("maildomains", "example-com", { spec: { aliasDomains } });
      await world.annotate("sync", `kill-${kill}`);
      const { child, exited } = bundle.start();
      await pause(random() * span * 1.2);
      child.kill("SIGKILL");
      await exited;
      world.gateway.observe(await world.configMaps());
    }
    await world.patch("maildomains", "example-com", { spec: { aliasDomains: [] } });
    const last = bundle.start();
    const { status } = await world.ask("sync", "last");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    const table = (await world.configMap("example-com-recipients"))?.data?.["relay_recipients"];
    expect(table).toBe(
      expectedRecipients(company, "example.com")
        .map((address) => `${address} OK\n`)
        .join(""),
    );
    const history = JSON.parse((await world.configMap("example-com-history"))?.data?.["history.json"] ?? "") as {
      records: HistoryRecord[];
    };
    const ids = history.records.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    last.child.kill("SIGTERM");
    expect(await last.exited).toBe(0);
  });
});
