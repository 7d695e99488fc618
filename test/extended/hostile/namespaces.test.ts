/** One of the namespaces that are watched is lost: the others are served, that one is told, and taken up when it is back. Needs a real API server. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { request } from "../../support/api.ts";
import { createNamespace, useControlPlane } from "../../support/controlplane.ts";
import { realObstacles } from "../../support/obstacles.ts";
import { createRandom } from "../../support/random.ts";
import { createShiftClock } from "../../support/shift-clock.ts";
import { createWorld, type World } from "../../support/world.ts";
import { createMemoryLog } from "../../unit/runtime/support/logger.ts";

const GROUP = "rbac.authorization.k8s.io";
const { kind } = useControlPlane();

async function must(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<unknown> {
  const answer = await request(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: HTTP ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** The role of the operator, for one namespace, as the chart binds it with `watchNamespaces`. */
const bind = (name: string, namespace: string) =>
  must("POST", `/apis/${GROUP}/v1/namespaces/${namespace}/rolebindings`, {
    apiVersion: `${GROUP}/v1`,
    kind: "RoleBinding",
    metadata: { name },
    roleRef: { apiGroup: GROUP, kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name, namespace: "default" }],
  });

describe.skipIf(kind === "embedded")("A namespace that is watched and cannot be listed", () => {
  const clock = createShiftClock({ hurried: true });
  const log = createMemoryLog();
  let folder: string;
  let world: World;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-namespaces-"));
  });
  afterEach(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("keeps no other from being served, is told once, and is taken up when it is back", async () => {
    const { kubeconfig } = await realObstacles(useControlPlane()).identity(folder);
    const { users } = JSON.parse(await readFile(kubeconfig, "utf8")) as { users: [{ name: string }] };
    const [{ name }] = users;
    await must("DELETE", `/apis/${GROUP}/v1/clusterrolebindings/${name}`);
    const lost = await createNamespace();
    world = await createWorld({ kubeconfig, deps: { clock, random: createRandom(3) }, log, operator: false });
    await bind(name, world.namespace);
    await world.startOperator([`--watch-namespaces=${world.namespace},${lost}`]);
    await world.install();
    const { status } = await world.ask("sync", "served");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    const told = log.lines.filter(({ level, meta }) => level !== "debug" && meta["namespace"] === lost);
    expect(new Set(told.map(({ meta }) => meta["reflector"])).size).toBe(told.length);
    expect(told.length).toBeGreaterThan(0);

    const { apiVersion, metadata, spec } = await world.sync();
    const path = `/apis/${apiVersion}/namespaces/${lost}/o365syncs`;
    await must("POST", path, { apiVersion, kind: "O365Sync", metadata: { name: metadata.name }, spec });
    await bind(name, lost);
    const found = await world.until(
      async () => {
        clock.shift(10_000);
        return (await must("GET", `${path}/${metadata.name}`)) as O365Sync;
      },
      (object) => object.status?.conditions !== undefined,
    );
    expect(found.status?.conditions?.[0]?.reason).toBe("DependencyNotReady");
  });
});
