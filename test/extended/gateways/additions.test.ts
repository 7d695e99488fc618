/** A person is hired: how long until a gateway accepts the address, over a mounted table and over the gateway program's socketmap. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemDeps } from "../../../src/base/deps.ts";
import { loadAccess } from "../../../src/runtime/access.ts";
import { createClient } from "../../../src/runtime/client.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { type Program, startProgram } from "../../support/gateways/program.ts";
import { askSocketmap } from "../../support/gateways/socketmap.ts";
import { createWorld, type World } from "../../support/world.ts";

const INTERVAL_MS = 4_000;
/** What the operator may take on top of it. */
const OPERATOR_MS = 2_000;
const HIRED = 7;

let world: World;
let program: Program;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "o365-sync-additions-"));
  world = await createWorld({ additionsIntervalMs: INTERVAL_MS });
  program = await startProgram({
    namespace: world.namespace,
    directory: join(folder, "lists"),
    client: createClient(loadAccess(useControlPlane().kubeconfig), systemDeps),
    flags: [
      "--socketmap=inet:127.0.0.1:0",
      "--lists-bind-address=127.0.0.1:0",
      "--metrics-bind-address=127.0.0.1:0",
      "--health-probe-bind-address=127.0.0.1:0",
    ],
  });
  const schedule = { enabled: true, cron: "0 3 * * *", timeZone: "UTC", additions: { enabled: true } };
  await world.install({ schedule });
  await world.until(
    () => askSocketmap(program.socketmapPorts[0] ?? 0, "domains example.com"),
    (answer) => answer === "OK OK",
  );
  // The list stands before the end of its sync is told.
  await world.until(
    () => world.sync(),
    ({ status }) => status?.lastSync?.result === "Published" && status.additions?.state === "Current",
  );
});
afterAll(async () => {
  await program?.stop();
  await world?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Milliseconds until both accept it. */
async function accepted(address: string): Promise<{ readonly mounted: number; readonly asked: number }> {
  const began = performance.now();
  const inTable = async (): Promise<boolean> => {
    const tables = await world.configMaps();
    return tables.some(({ data }) => data?.["relay_recipients"]?.includes(`${address} OK`) === true);
  };
  const overSocketmap = async (): Promise<boolean> =>
    (await askSocketmap(program.socketmapPorts[0] ?? 0, `recipients ${address}`)) === "OK OK";
  const since = async (is: () => Promise<boolean>): Promise<number> => {
    while (!(await is())) await pause(20);
    return performance.now() - began;
  };
  const [mounted, asked] = await Promise.all([since(inTable), since(overSocketmap)]);
  return { mounted, asked };
}

it("the interval plus 2 s, whenever in the interval it happens, and no sync runs", async () => {
  const { lastSync } = (await world.sync()).status ?? {};
  const found: Awaited<ReturnType<typeof accepted>>[] = [];
  for (let index = 0; index < HIRED; index++) {
    world.tenant.company.hire(`new${index}@example.com`);
    found.push(await accepted(`new${index}@example.com`));
    await pause((INTERVAL_MS / HIRED) * index);
  }
  console.log(found.map(({ mounted, asked }) => `${Math.round(mounted)} and ${Math.round(asked)} ms`).join(", "));
  // All but one: a machine that stands still for a moment says nothing of the operator.
  const slowestButOne = (times: readonly number[]): number => times.toSorted((a, b) => b - a)[1] ?? 0;
  for (const way of ["mounted", "asked"] as const)
    expect(slowestButOne(found.map((each) => each[way])), way).toBeLessThan(INTERVAL_MS + OPERATOR_MS);
  expect((await world.sync()).status?.lastSync).toEqual(lastSync);
}, 120_000);
