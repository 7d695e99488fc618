/**
 * Somebody who may edit one namespace does, all the while, and tenants send bombs: the operator lives within its limit,
 * lifts no guard, pauses, and serves the others.
 */

import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCompany } from "../../../dev/tenant/company.ts";
import type { ConfigMap } from "../../../src/runtime/kube.ts";
import { AS_IN_THE_IMAGE, type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { attackNamespace } from "../../support/hostile/namespace-attacks.ts";
import { TENANT_BOMBS } from "../../support/hostile/tenant-bombs.ts";
import { limitMemory, type MemoryLimit } from "../../support/memory-limit.ts";
import { mutatedPacked, mutatedText, packedBombs } from "../../support/nasty.ts";
import { createRandom } from "../../support/random.ts";
import { createWorld, type World } from "../../support/world.ts";

/** FUZZ_MINUTES for a run by hand. */
const MINUTES = Number(process.env["FUZZ_MINUTES"] ?? (process.env["CI_DEPTH"] === "full" ? 60 : 1));
const SEED = Number(process.env["FUZZ_SEED"] ?? 19);
/** Of the chart. */
const LIMIT_BYTES = 512 * 1024 * 1024;
const VICTIM_MS = 10_000;
/** By the processor's clock. */
const SLICE_MS = 200;
/** Rounds between a bomb of the tenant and the next. */
const ROUNDS_A_BOMB = 5;
/** The files of an O365Sync that an attacker edits, a journal that stands included; tables are put right once a minute, and are no reader's input. */
const isFile = ({ metadata: { labels } }: ConfigMap): boolean =>
  labels?.["o365sync.dev/sync"] === "example-com" && labels["o365sync.dev/role"] !== "recipients";

describe(`${MINUTES} min of attacks from two namespaces and a tenant (seed ${SEED})`, {
  timeout: (MINUTES + 4) * 60_000,
}, () => {
  /** Edits our ConfigMaps, and nothing else: its list stays. */
  let evil: World;
  /** Edits whatever `edit` lets it, and its tenant sends bombs. */
  let wild: World;
  let victim: World;
  let bundle: Bundle;
  let operator: OperatorChild;
  let limit: MemoryLimit;
  beforeAll(async () => {
    evil = await createWorld({ operator: false });
    wild = await createWorld({ operator: false, company: createCompany(["example.com"]) });
    victim = await createWorld({ operator: false });
    bundle = await createBundle(evil, { ...AS_IN_THE_IMAGE, others: { China: victim, USGovernmentDoD: wild } });
    operator = bundle.start(
      [
        "--health-probe-bind-address=0",
        "--leader-elect",
        `--leader-election-namespace=${victim.namespace}`,
        `--watch-namespaces=${[evil, wild, victim].map(({ namespace }) => namespace).join()}`,
        "--manual-runs-per-hour=3600",
        "--sync-timeout=30",
      ],
      { watched: true },
    );
    limit = limitMemory(operator.child.pid ?? 0, LIMIT_BYTES);
    await evil.install();
    await wild.install({ cloud: "USGovernmentDoD" });
    await victim.install({ cloud: "China" });
    await evil.ask("sync", "first");
    await victim.ask("sync", "first");
    for (const user of [...evil.tenant.company.users.values()].slice(0, 60)) evil.tenant.company.remove(user.id);
    await evil.ask("testSync", "plan");
  }, 120_000);
  afterAll(async () => {
    await bundle.close();
    limit.close();
    for (const world of [evil, wild, victim]) await world.tenant.close();
  });

  const table = async (world: World): Promise<string> =>
    (await world.configMap("example-com-recipients"))?.data?.["relay_recipients"] ?? "";

  async function attack(random: () => number, bombs: readonly Buffer[]): Promise<void> {
    const files = (await evil.configMaps()).filter(isFile);
    const found = files[Math.floor(random() * files.length)];
    if (found === undefined) return;
    const data = Object.entries(found.data ?? {}).map(([key, text]) => [key, mutatedText(text, random)]);
    const packed = Object.entries(found.binaryData ?? {}).map(([key, value]) => {
      const text = unpacked(value);
      return [key, mutatedPacked(text, random, bombs).toString("base64")];
    });
    const patch = { data: Object.fromEntries(data), binaryData: Object.fromEntries(packed) };
    // What is too large for a ConfigMap is refused, and that is all.
    await evil.patch("configmaps", found.metadata.name, patch).catch(() => {});
  }

  it("neither ends the operator nor lifts a guard, and a victim is served within 10 s all the while", async () => {
    const random = createRandom(SEED);
    const bombs = packedBombs();
    const before = await table(evil);
    const until = performance.now() + MINUTES * 60_000;
    const began = Date.now();
    let [rounds, slowest, told] = [0, 0, ""];
    let defuse = (): void => {};
    while (performance.now() < until) {
      for (let each = 0; each < 3; each++) await attack(random, bombs);
      await attackNamespace(wild, random);
      if (rounds % ROUNDS_A_BOMB === 0) {
        defuse();
        defuse = await bombOf(rounds / ROUNDS_A_BOMB).arrange(wild);
      }
      await evil.annotate("sync", `evil-${++rounds}`);
      await wild.annotate("sync", `wild-${rounds}`).catch(() => {});
      const [asked, said] = [performance.now(), operator.log.length];
      const { status } = await victim.ask("sync", `victim-${rounds}`);
      const took = performance.now() - asked;
      if (took > slowest) told = [JSON.stringify(status?.lastSync), ...operator.log.slice(said).slice(-100)].join("\n");
      slowest = Math.max(slowest, took);
      expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
      await pause(100);
    }
    defuse();
    const slice = operator.longestSliceMs(began);
    console.info(
      `${rounds} rounds, slowest ${Math.round(slowest)} ms, longest slice ${Math.round(slice)} ms, peak ${Math.round(limit.peakBytes() / 2 ** 20)} MiB, limit by ${limit.by}`,
    );
    expect([operator.child.exitCode, operator.child.signalCode]).toEqual([null, null]);
    expect(slowest, told).toBeLessThan(VICTIM_MS);
    // Sixty people left, more than the guard allows: whatever the files said, none of them was taken away.
    expect(await table(evil)).toBe(before);
    expect(limit.peakBytes()).toBeLessThanOrEqual(LIMIT_BYTES);
    expect(rounds).toBeGreaterThan(5);
    expect(slice).toBeLessThan(SLICE_MS);
  });
});

/** Those that need no answer of the world on their way. */
const QUICK = TENANT_BOMBS.filter(({ name }) => !name.startsWith("large answers"));
const bombOf = (turn: number) => QUICK[turn % QUICK.length] as (typeof QUICK)[number];

function unpacked(base64: string): string {
  try {
    return gunzipSync(Buffer.from(base64, "base64"), { maxOutputLength: 10_000_000 }).toString();
  } catch {
    return "{}";
  }
}
