/** The administrators of a cluster put etcd back to a backup: its versions go back, and watches from before hear nothing any more. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyCrds } from "../../../dev/controlplane/index.ts";
import { type RealControlPlane, startRealControlPlane } from "../../../dev/controlplane/real.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { expectedRecipients } from "../../support/expected.ts";
import { isWell, passing, SCHEDULE } from "../../support/healing/play.ts";
import { createRandom } from "../../support/random.ts";
import { grantOperatorRights } from "../../support/rights.ts";
import { createShiftClock } from "../../support/shift-clock.ts";
import { createWorld, type World } from "../../support/world.ts";
import { createMemoryLog } from "../../unit/runtime/support/logger.ts";

const HOUR_MS = 3_600_000;
/** More than an API server writes by itself when it starts. */
const WRITES = 400;

const { assets = "" } = useControlPlane();

describe.skipIf(assets === "")("An etcd that is put back to a backup", () => {
  const clock = createShiftClock({ hurried: true });
  const log = createMemoryLog();
  let folder: string;
  let server: RealControlPlane;
  let world: World;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-restore-"));
    server = await startRealControlPlane({ assets });
    const kubeconfig = join(folder, "admin.kubeconfig");
    const operatorKubeconfig = join(folder, "operator.kubeconfig");
    await server.writeKubeconfig(kubeconfig, "admin");
    await server.writeKubeconfig(operatorKubeconfig, "operator");
    await applyCrds(server);
    await grantOperatorRights(server);
    const controlPlane = { ...server, kubeconfig, operatorKubeconfig };
    world = await createWorld({ controlPlane, deps: { clock, random: createRandom(7) }, log });
    await world.install({ schedule: SCHEDULE });
    await world.ask("sync", "first");
    world.gateway.expectAlways(world.gateway.accepted());
  });
  afterAll(async () => {
    await world?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Lets up to an hour pass until the request was heard; while it runs no more time passes. */
  const answered = async (token: string) => {
    await passing(clock, HOUR_MS, async () => (await world.sync()).status?.requests?.sync?.token === token);
    return world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === token,
    );
  };

  it("is noticed within the hour and told, and what is asked after it is heard", { timeout: 120_000 }, async () => {
    await server.backUp();
    world.tenant.company.hire("newcomer@example.com");
    await world.annotate("sync", "second");
    await answered("second");
    await world.apply("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "others" } });
    for (let write = 0; write < WRITES; write++)
      await world.patch("configmaps", "others", { data: { write: `${write}` } });
    const versionOf = async (): Promise<number> => Number((await world.sync()).metadata.resourceVersion);
    await world.annotate("unrelated", "1");
    const before = await versionOf();

    await server.restore();
    const restored = await world.sync();
    expect(Number(restored.metadata.resourceVersion)).toBeLessThan(before);
    expect(restored.status?.handledSync).toBe("first");
    await world.annotate("sync", "third");
    expect(await versionOf()).toBeLessThan(before);

    const { status } = await answered("third");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    // A cache that has not noticed yet may have kept a ConfigMap from being written: it is once it has.
    const atRest = async (): Promise<boolean> => {
      const found = await world.configMaps();
      try {
        world.gateway.observe(found);
        world.gateway.expectAtRest(found);
        return await isWell(world);
      } catch {
        return false;
      }
    };
    await passing(clock, HOUR_MS, atRest);
    await world.observe();
    expect([...world.gateway.accepted()].toSorted()).toEqual(expectedRecipients(world.tenant.company, "example.com"));
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        level: "warn",
        message: "Listing anew: the API server's versions went back, as after a restore of etcd",
      }),
    );
  });
});
