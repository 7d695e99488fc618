/** A tenant, or whoever answers in its place, sends what becomes large or takes long: the operator lives within its memory, pauses, and serves others. */

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createCompany } from "../../../dev/tenant/company.ts";
import { API_VERSION } from "../../../src/api/group.ts";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { AS_IN_THE_IMAGE, type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { TENANT_BOMBS } from "../../support/hostile/tenant-bombs.ts";
import { limitMemory, type MemoryLimit } from "../../support/memory-limit.ts";
import { shareOf, watchWithout } from "../../support/run-queue.ts";
import { createWorld, type World } from "../../support/world.ts";

const MIB = 1024 * 1024;
/** Of the chart. */
const LIMIT_BYTES = 512 * MIB;
const VICTIM_MS = 10_000;
const SLICE_MS = 200;
const MINUTE_MS = 60_000;
const isFull = process.env["CI_DEPTH"] === "full";
/** With CI_DEPTH=full each bomb that has an end comes to it, also on a machine that others use. */
const DEADLINE_MS = isFull ? 3 * MINUTE_MS : 20_000;

describe("A tenant that sends", { timeout: DEADLINE_MS + 2 * MINUTE_MS }, () => {
  let evil: World;
  let installed: O365Sync["spec"];
  let victim: World;
  let bundle: Bundle;
  let operator: OperatorChild;
  let limit: MemoryLimit;
  beforeAll(async () => {
    evil = await createWorld({ operator: false, company: createCompany(["example.com"]) });
    victim = await createWorld({ operator: false });
    bundle = await createBundle(evil, { ...AS_IN_THE_IMAGE, others: { China: victim } });
    operator = bundle.start(
      [
        "--health-probe-bind-address=0",
        "--leader-elect",
        `--leader-election-namespace=${victim.namespace}`,
        `--watch-namespaces=${evil.namespace},${victim.namespace}`,
        "--manual-runs-per-hour=3600",
        `--sync-timeout=${DEADLINE_MS / 1000}`,
      ],
      { watched: true },
    );
    limit = limitMemory(operator.child.pid ?? 0, LIMIT_BYTES);
    await evil.install();
    installed = (await evil.sync()).spec;
    await victim.install({ cloud: "China" });
    await victim.ask("sync", "first");
  }, 2 * MINUTE_MS);
  afterAll(async () => {
    await bundle.close();
    limit.close();
    await evil.close();
    await victim.close();
  });

  /** A tenant of these tests would be asked for each address that the bomb before left, and is slower at that than any bomb. */
  async function beginAnew(spec: object): Promise<void> {
    await evil.remove("o365syncs", "example-com");
    for (const { metadata } of await evil.configMaps()) await evil.remove("configmaps", metadata.name);
    await evil.apply("o365syncs", {
      apiVersion: API_VERSION,
      kind: "O365Sync",
      metadata: { name: "example-com" },
      spec: { ...installed, deletionGuard: { enabled: false }, output: { shards: 16 }, ...spec },
    });
  }

  it.each(TENANT_BOMBS)("$name: it keeps nobody waiting", async ({ name, spec = {}, isEndless = false, arrange }) => {
    await beginAnew(spec);
    const undo = await arrange(evil);
    onTestFinished(undo);
    const began = Date.now();
    const pid = operator.child.pid ?? 0;
    const { ranMs } = shareOf(pid);
    const token = `bomb-${TENANT_BOMBS.findIndex((bomb) => bomb.name === name)}`;
    await evil.annotate("sync", token);
    let slowest = 0;
    for (let round = 0; ; round++) {
      // The tenants of this process are part of what the victim waits for.
      const waits = watchWithout([pid, process.pid]);
      await victim.annotate("sync", `${token}-${round}`);
      const { status } = await victim.until(
        () => victim.sync(),
        (sync) =>
          sync.status?.handledSync === `${token}-${round}` ||
          operator.child.exitCode !== null ||
          operator.child.signalCode !== null,
        MINUTE_MS,
      );
      slowest = Math.max(slowest, waits());
      if ((await evil.sync()).status?.handledSync === token) break;
      expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    }
    const { state, reason } = (await evil.sync()).status?.requests?.sync ?? {};
    const slice = operator.longestSliceMs(began);
    console.info(
      `${name}: ${state} ${reason} in ${Date.now() - began} ms, of which it ran ${Math.round(shareOf(pid).ranMs - ranMs)} ms, longest slice ${Math.round(slice)} ms, victim ${Math.round(slowest)} ms, peak ${Math.round(limit.peakBytes() / MIB)} MiB`,
    );
    expect([operator.child.exitCode, operator.child.signalCode]).toEqual([null, null]);
    const mayRunOut = !isFull || isEndless;
    expect(mayRunOut || reason !== "DeadlineExceeded", `it ends by ${reason}`).toBe(true);
    expect(slowest).toBeLessThan(VICTIM_MS);
    expect(slice).toBeLessThan(SLICE_MS);
    expect(limit.peakBytes()).toBeLessThanOrEqual(LIMIT_BYTES);
  });
});
