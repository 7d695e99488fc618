/** Tables of a million addresses, in a full run of five, and no manifest that says what is in them: told within the container's memory, and nothing of them is touched. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AS_IN_THE_IMAGE, type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { limitMemory, type MemoryLimit } from "../../support/memory-limit.ts";
import { MIRRORED, mirroredCompany } from "../../support/mirrored.ts";
import { createWorld, type World } from "../../support/world.ts";

const isFull = process.env["CI_DEPTH"] === "full";
const ACCOUNTS = isFull ? 100_000 : 20_000;
const MIB = 1024 * 1024;
/** Of the chart. */
const LIMIT_BYTES = 512 * MIB;
const SLICE_MS = 200;
/** On a machine that others use too. */
const MINUTES = isFull ? 40 : 10;
const PATIENCE_MS = (MINUTES / 4) * 60_000;
const NAME = "example-com";

describe("Alias domains are dropped and the manifest is deleted (3)", { timeout: MINUTES * 60_000 }, () => {
  let world: World;
  let bundle: Bundle;
  let operator: OperatorChild;
  let limit: MemoryLimit;
  beforeAll(async () => {
    world = await createWorld({ operator: false, company: mirroredCompany(ACCOUNTS) });
    bundle = await createBundle(world, AS_IN_THE_IMAGE);
    operator = bundle.start(["--health-probe-bind-address=0", "--manual-runs-per-hour=3600"], { watched: true });
    limit = limitMemory(operator.child.pid ?? 0, LIMIT_BYTES);
    await world.install({ output: { formats: ["addresses"], shards: 128 } }, MIRRORED);
    // What a process does while it starts is another matter.
    await world.until(
      () => world.domain(),
      ({ status }) => status?.conditions !== undefined,
      60_000,
    );
  }, 120_000);
  afterAll(async () => {
    await bundle.close();
    limit.close();
    await world.tenant.close();
  });

  const isGone = (): boolean => operator.child.exitCode !== null || operator.child.signalCode !== null;
  const told: string[] = [];

  /** Without the gateway's look at the tables, which would take longer than all the rest. */
  async function ask(token: string) {
    const began = Date.now();
    await world.annotate("sync", token);
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === token || isGone(),
      PATIENCE_MS,
    );
    const slice = operator.longestSliceMs(began);
    told.push(
      `${token}: ${Date.now() - began} ms, longest slice ${Math.round(slice)} ms, peak ${Math.round(limit.peakBytes() / MIB)} MiB`,
    );
    expect([operator.child.exitCode, operator.child.signalCode]).toEqual([null, null]);
    expect(slice).toBeLessThan(SLICE_MS);
    return status?.requests?.sync;
  }
  const tables = async (): Promise<Map<string, string | undefined>> =>
    new Map(
      (await world.configMaps())
        .filter(({ metadata: { name } }) => name.includes("-recipients"))
        .map(({ metadata: { name, resourceVersion } }) => [name, resourceVersion]),
    );
  const routedNames = async (): Promise<number> => (await world.domain()).status?.routing?.names?.length ?? 0;

  it("is told within the memory there is, without a long slice, and what stands stays", async () => {
    expect(await ask("first")).toMatchObject({ state: "Succeeded" });
    await world.until(routedNames, (count) => count === MIRRORED.aliasDomains.length + 1, PATIENCE_MS);
    const before = await tables();
    expect(before.size).toBe(128);
    // Somebody else claims one of the names: whether it was a Mirror is told from the tables alone.
    await world.apply("maildomains", {
      apiVersion: "o365sync.dev/v1alpha1",
      kind: "MailDomain",
      metadata: { name: "heir" },
      spec: {
        domain: "m7.ex",
        serverType: "Office365",
        inboundServers: [{ host: "mx.example", preference: 10 }],
      },
    });
    await world.patch("maildomains", NAME, { spec: { aliasDomains: [] } });
    await world.remove("configmaps", `${NAME}-manifest`);
    const answer = await ask("lost");
    console.info(`${told.join("; ")}, limit by ${limit.by}; ${answer?.reason}: ${answer?.message}`);
    expect(answer).toMatchObject({ state: "Failed", reason: "ConfigMapConflict" });
    expect(answer?.message).toContain(`restore the ConfigMap ${NAME}-manifest`);
    expect(await tables()).toEqual(before);
    expect(limit.peakBytes()).toBeLessThanOrEqual(LIMIT_BYTES);
  });
});
