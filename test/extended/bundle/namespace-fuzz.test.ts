/** Somebody who may write ConfigMaps in one namespace does, all the while: the operator lives within its limit, and serves the others. */

import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { limitMemory, type MemoryLimit } from "../../support/memory-limit.ts";
import { mutatedPacked, mutatedText, packedBombs } from "../../support/nasty.ts";
import { createRandom } from "../../support/random.ts";
import { createWorld, type World } from "../../support/world.ts";

const MINUTES = process.env["CI_DEPTH"] === "full" ? 60 : 1;
/** Of the chart. */
const LIMIT_BYTES = 512 * 1024 * 1024;
const VICTIM_MS = 10_000;
/** The files of an O365Sync that an attacker edits; tables are put right once a minute, and are no reader's input. */
const FILES = ["example-com-manifest", "example-com-accounts-0", "example-com-history", "example-com-plan"];

describe(`${MINUTES} min of hostile ConfigMaps in one namespace`, { timeout: (MINUTES + 4) * 60_000 }, () => {
  let evil: World;
  let victim: World;
  let bundle: Bundle;
  let operator: OperatorChild;
  let limit: MemoryLimit;
  beforeAll(async () => {
    evil = await createWorld({ operator: false });
    victim = await createWorld({ operator: false });
    // With the flags of the image.
    bundle = await createBundle(evil, { nodeFlags: ["--max-semi-space-size=4", "--max-old-space-size=384"] });
    operator = bundle.start([
      "--health-probe-bind-address=0",
      "--leader-elect",
      `--leader-election-namespace=${victim.namespace}`,
      `--watch-namespaces=${evil.namespace},${victim.namespace}`,
      "--manual-runs-per-hour=3600",
    ]);
    limit = limitMemory(operator.child.pid ?? 0, LIMIT_BYTES);
    await evil.install();
    await victim.install();
    await evil.ask("sync", "first");
    await victim.ask("sync", "first");
    // Both read one tenant here; what the victim's list loses is not what is tried.
    await victim.patch("o365syncs", "example-com", { spec: { deletionGuard: { enabled: false } } });
    for (const user of [...evil.tenant.company.users.values()].slice(0, 60)) evil.tenant.company.remove(user.id);
    await evil.ask("testSync", "plan");
  }, 120_000);
  afterAll(async () => {
    await bundle.close();
    limit.close();
    await evil.close();
    await victim.close();
  });

  const table = async (world: World): Promise<string> =>
    (await world.configMap("example-com-recipients"))?.data?.["relay_recipients"] ?? "";

  async function attack(random: () => number, bombs: readonly Buffer[]): Promise<void> {
    const name = FILES[Math.floor(random() * FILES.length)] ?? "";
    const found = await evil.configMap(name);
    if (found === undefined) return;
    const data = Object.entries(found.data ?? {}).map(([key, text]) => [key, mutatedText(text, random)]);
    const packed = Object.entries(found.binaryData ?? {}).map(([key, value]) => {
      const text = unpacked(value);
      return [key, mutatedPacked(text, random, bombs).toString("base64")];
    });
    const patch = { data: Object.fromEntries(data), binaryData: Object.fromEntries(packed) };
    // What is too large for a ConfigMap is refused, and that is all.
    await evil.patch("configmaps", name, patch).catch(() => {});
  }

  it("neither ends the operator nor lifts a guard, and a victim is served within 10 s all the while", async () => {
    const random = createRandom(19);
    const bombs = packedBombs();
    const before = await table(evil);
    const until = performance.now() + MINUTES * 60_000;
    let [rounds, slowest] = [0, 0];
    while (performance.now() < until) {
      for (let each = 0; each < 3; each++) await attack(random, bombs);
      await evil.annotate("sync", `evil-${++rounds}`);
      const asked = performance.now();
      const { status } = await victim.ask("sync", `victim-${rounds}`);
      slowest = Math.max(slowest, performance.now() - asked);
      expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
      await pause(100);
    }
    expect(operator.child.exitCode).toBeNull();
    expect(operator.child.signalCode).toBeNull();
    expect(slowest).toBeLessThan(VICTIM_MS);
    // Sixty people left, more than the guard allows: whatever the files said, none of them was taken away.
    expect(await table(evil)).toBe(before);
    expect(limit.peakBytes()).toBeLessThanOrEqual(LIMIT_BYTES);
    expect(rounds).toBeGreaterThan(5);
    console.info(
      `${rounds} rounds, slowest ${Math.round(slowest)} ms, peak ${Math.round(limit.peakBytes() / 2 ** 20)} MiB, limit by ${limit.by}`,
    );
  });
});

function unpacked(base64: string): string {
  try {
    return gunzipSync(Buffer.from(base64, "base64"), { maxOutputLength: 10_000_000 }).toString();
  } catch {
    return "{}";
  }
}
