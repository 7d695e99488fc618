/** Installing, upgrading and removing with Helm, on an API server whose garbage collector really deletes. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Call, call } from "../../../dev/controlplane/call.ts";
import { startRealControlPlane } from "../../../dev/controlplane/real.ts";
import type { ControlPlane } from "../../../dev/types.ts";
import { grantOperatorRights } from "../../support/rights.ts";
import { missing } from "../../support/tools.ts";
import { createWorld, type World } from "../../support/world.ts";
import { CHART, helm, RELEASE, run } from "./helm.ts";

const NAMESPACE = "o365-sync-system";
const assets = process.env["KUBEBUILDER_ASSETS"] ?? "";
const collects = existsSync(join(assets, "kube-controller-manager"));
if (!collects) missing("KUBEBUILDER_ASSETS names no folder with a kube-controller-manager");

describe.skipIf(!collects || helm === undefined)("With Helm", { timeout: 120_000 }, () => {
  let controlPlane: ControlPlane;
  let folder: string;
  let kubeconfig: string;
  let operatorKubeconfig: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-removal-"));
    kubeconfig = join(folder, "admin.kubeconfig");
    operatorKubeconfig = join(folder, "operator.kubeconfig");
    controlPlane = await startRealControlPlane({ assets, controllerManager: true });
    await controlPlane.writeKubeconfig(kubeconfig, "admin");
    await controlPlane.writeKubeconfig(operatorKubeconfig, "operator");
    await grantOperatorRights(controlPlane);
  });
  afterAll(async () => {
    await controlPlane.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const helmDo = (args: readonly string[], values: object = {}): string => {
    const all = [...args, "--namespace", NAMESPACE, "--kubeconfig", kubeconfig];
    const { status, stdout, stderr } = run(all, values, args[0] !== "uninstall");
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  const get = async (path: string, method: Call["method"] = "GET") =>
    (await call(controlPlane, { method, path })).status;
  const crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/o365syncs.o365sync.dev";
  const sync = (world: World) => `/apis/o365sync.dev/v1alpha1/namespaces/${world.namespace}/o365syncs/example-com`;
  const names = async (world: World) => (await world.configMaps()).map(({ metadata }) => metadata.name).sort();
  const ALL = ["accounts-0", "changes-0", "history", "left-out", "manifest", "recipients", "routing"].map(
    (part) => `example-com-${part}`,
  );

  /** The garbage collector learns of new kinds every 30 s. */
  async function collected(world: World, left: readonly string[]): Promise<void> {
    const deadline = Date.now() + 80_000;
    while ((await names(world)).join() !== left.join()) {
      if (Date.now() > deadline) throw new Error(`still there: ${(await names(world)).join()}`);
      await pause(100);
    }
  }

  /** A world with a published list, whose operator is gone again. */
  async function published(deletionPolicy: "Orphan" | "Delete"): Promise<World> {
    const world = await createWorld({ controlPlane: { ...controlPlane, kubeconfig, operatorKubeconfig } });
    await world.install({ output: { deletionPolicy } }, { deletionPolicy });
    await world.ask("sync", "first");
    await world.until(
      () => names(world),
      (found) => found.length === ALL.length,
    );
    await world.stopOperator();
    return world;
  }

  it("installs, upgrades and uninstalls; CRDs, objects and lists stay", async () => {
    helmDo(["install", RELEASE, CHART, "--create-namespace"]);
    expect(await get(crd)).toBe(200);
    const world = await published("Orphan");
    helmDo(["upgrade", RELEASE, CHART], { logLevel: "debug" });
    expect(await get(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${RELEASE}`)).toBe(200);
    expect(helmDo(["uninstall", RELEASE])).toContain("kept due to the resource policy");
    expect(await get(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${RELEASE}`)).toBe(404);
    expect(await get(crd)).toBe(200);
    expect(await get(sync(world))).toBe(200);
    expect(await names(world)).toEqual(ALL);
    await world.close();
  });

  it("takes the kept CRDs over again when it is installed again", async () => {
    helmDo(["install", RELEASE, CHART, "--create-namespace", "--take-ownership"]);
    expect(await get(crd)).toBe(200);
  });

  it.each([
    ["kubectl apply", []],
    ["kubectl apply --server-side", ["--server-side"]],
  ])("24.3: `helm template | %s` again, with other values the second time, is accepted", (_, options) => {
    const namespace = `applied${options.length}`;
    const kubectl = (...args: string[]) => [...args, "--kubeconfig", kubeconfig];
    const create = spawnSync(join(assets, "kubectl"), kubectl("create", "namespace", namespace), { encoding: "utf8" });
    expect(create.stderr).toBe("");
    const chart = { crds: { enabled: false }, watchNamespaces: [namespace] };
    for (const values of [{}, {}, { resources: { limits: { memory: "1Gi" } } }]) {
      const { stdout } = run(["template", RELEASE, CHART, "--namespace", namespace], { ...chart, ...values });
      const args = kubectl("apply", ...options, "--filename", "-");
      const { status, stderr } = spawnSync(join(assets, "kubectl"), args, { encoding: "utf8", input: stdout });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    }
  });

  it("deletionPolicy Delete: the lists go with their objects", async () => {
    const world = await published("Delete");
    await world.remove("o365syncs", "example-com");
    await collected(world, ["example-com-routing"]);
    await world.remove("maildomains", "example-com");
    await collected(world, []);
    await world.close();
  });

  it("deletionPolicy Orphan: the lists stay when their objects go", async () => {
    const world = await published("Orphan");
    const dependent = await published("Delete");
    for (const each of [world, dependent]) {
      await each.remove("o365syncs", "example-com");
      await each.remove("maildomains", "example-com");
    }
    // The garbage collector has been here.
    await collected(dependent, []);
    expect(await names(world)).toEqual(ALL);
    await world.close();
    await dependent.close();
  });

  it("without crds.keep even the CRDs go with the release, and lists of policy Orphan still stay", async () => {
    const world = await published("Orphan");
    helmDo(["upgrade", RELEASE, CHART], { crds: { keep: false } });
    helmDo(["uninstall", RELEASE]);
    await world.until(
      () => get(crd),
      (status) => status === 404,
    );
    expect(await names(world)).toEqual(ALL);
    await world.close();
  });
});
