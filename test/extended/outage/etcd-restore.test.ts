/** The administrators of a cluster put etcd back to a backup: its versions go back, and watches from before hear nothing any more. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { call } from "../../../dev/controlplane/call.ts";
import { applyCrds } from "../../../dev/controlplane/index.ts";
import { startRealControlPlane } from "../../../dev/controlplane/real.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { startOwnApiServer } from "../../support/embedded.ts";
import { expectedRecipients } from "../../support/expected.ts";
import type { ProvidedControlPlane } from "../../support/global-setup.ts";
import { isWell, passing, SCHEDULE } from "../../support/healing/play.ts";
import { untilIdle } from "../../support/idle.ts";
import { createRandom } from "../../support/random.ts";
import { grantOperatorRights } from "../../support/rights.ts";
import { createShiftClock, type ShiftClock } from "../../support/shift-clock.ts";
import { createWorld, type World } from "../../support/world.ts";
import { createMemoryLog } from "../../unit/runtime/support/logger.ts";

const MINUTE_MS = 60_000;
const PROMISE_MS = 5 * MINUTE_MS;
/** More than an API server writes by itself when it starts. */
const WRITES = 400;
const TIMEOUT_MS = 120_000;
const TOLD = "Listing anew: the API server's versions went back, as after a restore of etcd";

interface Server {
  readonly access: ProvidedControlPlane;
  backUp(): Promise<void>;
  restore(): Promise<void>;
  stop(): Promise<void>;
}

async function startReal(assets: string): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-restore-"));
  const server = await startRealControlPlane({ assets });
  const kubeconfig = join(folder, "admin.kubeconfig");
  const operatorKubeconfig = join(folder, "operator.kubeconfig");
  await server.writeKubeconfig(kubeconfig, "admin");
  await server.writeKubeconfig(operatorKubeconfig, "operator");
  await applyCrds(server);
  await grantOperatorRights(server);
  return {
    ...server,
    access: { ...server, kubeconfig, operatorKubeconfig },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe("An etcd that is put back to a backup", () => {
  let server: Server;
  let world: World;
  let clock: ShiftClock;
  let log: ReturnType<typeof createMemoryLog>;
  beforeAll(async () => {
    const { assets = "" } = useControlPlane();
    server = assets === "" ? await startOwnApiServer() : await startReal(assets);
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    log = createMemoryLog();
  });
  afterEach(() => world?.close());

  /** Somebody was hired and published after the backup, and etcd is put back to it. */
  async function open({ hurried = true, flags = (_namespace: string): string[] => [] } = {}): Promise<void> {
    clock = createShiftClock({ hurried });
    const deps = { clock, random: createRandom(7) };
    world = await createWorld({ controlPlane: server.access, deps, log, operator: false });
    await world.startOperator(flags(world.namespace));
    await world.install({ schedule: SCHEDULE });
    await world.ask("sync", "first");
    world.gateway.expectAlways(world.gateway.accepted());
    await world.until(
      () => world.sync(),
      ({ status }) => status?.schedule?.nextTime !== undefined,
    );
    await server.backUp();
    if (!hurried) await leaseRenewed();
    world.tenant.company.hire("newcomer@example.com");
    await world.ask("sync", "second");
    await world.apply("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "others" } });
    for (let write = 0; write < WRITES; write++)
      await world.patch("configmaps", "others", { data: { write: `${write}` } });
  }

  /** Of the operator that leads: a backup is older than that. */
  async function leaseRenewed(): Promise<void> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${world.namespace}/leases`;
    const read = async (): Promise<string> => JSON.stringify((await call(server.access, { method: "GET", path })).body);
    const before = await read();
    await world.until(read, (lease) => lease !== before);
  }

  const versionOf = async (): Promise<number> => Number((await world.sync()).metadata.resourceVersion);

  async function putBack(): Promise<void> {
    await world.annotate("unrelated", "1");
    const before = await versionOf();
    // What the annotation woke has looked.
    await untilIdle();
    await server.restore();
    expect(await versionOf()).toBeLessThan(before);
    expect((await world.sync()).status?.handledSync).toBe("first");
    expect((await world.configMap("example-com-recipients"))?.data?.["relay_recipients"]).not.toContain("newcomer@");
    await world.annotate("unrelated", "2");
    expect(await versionOf()).toBeLessThan(before);
  }

  const times = (): number => log.lines.filter(({ message }) => message === TOLD).length;

  const isRight = async (): Promise<boolean> => {
    const found = await world.configMaps();
    try {
      world.gateway.observe(found);
      world.gateway.expectAtRest(found);
    } catch {
      return false;
    }
    const accepted = [...world.gateway.accepted()].toSorted();
    return (await isWell(world)) && accepted.join() === expectedRecipients(world.tenant.company, "example.com").join();
  };

  it("is noticed within 5 minutes, told once, and what is asked after it is heard", {
    timeout: TIMEOUT_MS,
  }, async () => {
    await open();
    await putBack();
    await world.annotate("sync", "third");
    const heard = async (): Promise<boolean> => (await world.sync()).status?.handledSync === "third";
    await passing(clock, PROMISE_MS, heard);
    await world.until(isRight, Boolean);
    expect((await world.sync()).status?.requests?.sync).toMatchObject({ token: "third", state: "Succeeded" });
    expect(times()).toBe(1);
  });

  it("is noticed by a run that comes first, before it looks at what was cached", { timeout: TIMEOUT_MS }, async () => {
    await open();
    const { status } = await world.sync();
    clock.shift(Date.parse(status?.schedule?.nextTime ?? "") - clock.now() - 3 * MINUTE_MS);
    // What is due by that is done, and the versions are not asked for again before the slot.
    await passing(clock, MINUTE_MS, () => Promise.resolve(false), 0);
    await putBack();
    expect(times()).toBe(0);
    clock.shift(2 * MINUTE_MS);
    await world.until(isRight, Boolean);
    expect(times()).toBe(1);
  });

  it("is noticed by the Lease within seconds, where one leads", { timeout: TIMEOUT_MS }, async () => {
    const flags = (namespace: string) => ["--leader-elect", `--leader-election-namespace=${namespace}`];
    await open({ hurried: false, flags });
    await putBack();
    await world.annotate("sync", "third");
    await world.until(
      () => Promise.resolve(times()),
      (count) => count === 1,
      10_000,
    );
    await world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === "third",
    );
    await world.until(isRight, Boolean);
  });
});
