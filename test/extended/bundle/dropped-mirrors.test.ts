/** A list of a million addresses, in a full run of five, loses almost all of itself at once: judged, shown and approved within the container's memory. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { limitMemory, type MemoryLimit } from "../../support/memory-limit.ts";
import { MIRRORED, mirroredCompany } from "../../support/mirrored.ts";
import { createWorld, type World } from "../../support/world.ts";

const FULL = process.env["CI_DEPTH"] === "full";
/** All of them take minutes. */
const ACCOUNTS = FULL ? 100_000 : 20_000;
/** Of the chart. */
const LIMIT_BYTES = 512 * 1024 * 1024;
/** On a machine that others use too. */
const MINUTES = FULL ? 40 : 10;
const PATIENCE_MS = (MINUTES / 3) * 60_000;

describe("All addresses in 50 Mirror domains (3)", { timeout: MINUTES * 60_000 }, () => {
  let world: World;
  let bundle: Bundle;
  let operator: OperatorChild;
  let limit: MemoryLimit;
  beforeAll(async () => {
    world = await createWorld({ operator: false, company: mirroredCompany(ACCOUNTS) });
    // With the flags of the image.
    bundle = await createBundle(world, { nodeFlags: ["--max-semi-space-size=4", "--max-old-space-size=384"] });
    operator = bundle.start();
    limit = limitMemory(operator.child.pid ?? 0, LIMIT_BYTES);
    // Without tables: what they may hold is bounded, and what is judged is not.
    await world.install({ output: { formats: [] } }, MIRRORED);
  }, 120_000);
  afterAll(async () => {
    await bundle.close();
    limit.close();
    await world.tenant.close();
  });

  /** Without the gateway's look at the tables, which would take longer than all the rest. */
  async function ask(annotation: "sync" | "approve", token: string) {
    const handled = annotation === "sync" ? "handledSync" : "handledApprove";
    await world.annotate(annotation, token);
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) =>
        status?.[handled] === token || operator.child.exitCode !== null || operator.child.signalCode !== null,
      PATIENCE_MS,
    );
    return status;
  }

  it("are published, dropped, held and approved without more memory than there is", async () => {
    const first = await ask("sync", "first");
    expect(first?.requests?.sync).toMatchObject({ state: "Succeeded" });
    const peaks = [limit.peakBytes()];
    await world.patch("maildomains", "example-com", { spec: { aliasDomains: [] } });
    const dropped = await ask("sync", "dropped");
    peaks.push(limit.peakBytes());
    expect(dropped?.held).toMatchObject({ reason: "DeletionGuard", approvable: true });
    const [violation] = dropped?.held?.violations ?? [];
    // Postmaster and abuse of every domain too.
    expect(violation?.actual).toBe(MIRRORED.aliasDomains.length * (ACCOUNTS + 2));
    const approved = await ask("approve", dropped?.held?.planDigest ?? "");
    peaks.push(limit.peakBytes());
    expect(approved?.requests?.approve).toMatchObject({ state: "Succeeded" });
    expect([operator.child.exitCode, operator.child.signalCode]).toEqual([null, null]);
    console.info(`peaks ${peaks.map((bytes) => Math.round(bytes / 2 ** 20)).join(", ")} MiB, limit by ${limit.by}`);
    expect(Math.max(...peaks)).toBeLessThanOrEqual(LIMIT_BYTES);
  });
});
