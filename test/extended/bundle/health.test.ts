/** What kubelet sees of a process: asked as it asks, with its patience. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { createWorld, type World } from "../../support/world.ts";

const STANDS_STILL_MS = 4_000;
/** Of a probe; the chart's is longer. */
const PATIENCE_MS = 1_000;

describe("A process whose event loop stands still", () => {
  let world: World;
  let bundle: Bundle;
  let operator: OperatorChild;
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  beforeAll(async () => {
    world = await createWorld({ operator: false });
    bundle = await createBundle(world);
    operator = bundle.start([`--health-probe-bind-address=127.0.0.1:${port}`], { standsStillMs: STANDS_STILL_MS });
    await operator.logged("Starting controllers");
  });
  afterAll(async () => {
    await bundle.close();
    await world.close();
  });

  /** The status, or "silence". */
  const probe = async (path: string): Promise<number | string> => {
    try {
      return (await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) })).status;
    } catch {
      return "silence";
    }
  };

  it("fails its probes for as long, and answers them again afterwards", async () => {
    expect([await probe("/healthz"), await probe("/readyz")]).toEqual([200, 200]);
    operator.child.kill("SIGUSR2");
    const began = Date.now();
    await pause(100);
    expect([await probe("/healthz"), await probe("/readyz")]).toEqual(["silence", "silence"]);
    await world.until(
      () => probe("/healthz"),
      (answer) => answer === 200,
    );
    expect(Date.now() - began).toBeGreaterThan(STANDS_STILL_MS - 500);
    await world.install();
    const { status } = await world.ask("sync", "afterwards");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });
});
