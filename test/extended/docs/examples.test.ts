/** Every example is taken by an empty cluster as `kubectl apply --server-side -f` sends it, and again (issue 25). */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRealControlPlane } from "../../../dev/controlplane/real.ts";
import type { ControlPlane } from "../../../dev/types.ts";
import { filesOf, ROOT } from "../../support/pages.ts";
import { missing } from "../../support/tools.ts";
import { FOREIGN_KINDS, foreignKind } from "./foreign-kinds.ts";

const runFile = promisify(execFile);
const assets = process.env["KUBEBUILDER_ASSETS"] ?? "";
const kubectl = join(assets, "kubectl");
const isPossible = assets !== "" && existsSync(kubectl);
if (!isPossible) missing("the examples need KUBEBUILDER_ASSETS with kubectl");

const NAMESPACE = "examples/namespace.yaml";
/** Of a folder that kustomize reads, with -k; a patch of a ConfigMap that Argo CD brings. */
const NOT_APPLIED = /(?<!flux\/)kustomization\.yaml$|argocd-cm\.yaml$/;
const examples = filesOf("examples", ".yaml", true).filter((path) => path !== NAMESPACE && !NOT_APPLIED.test(path));
const folders = filesOf("examples", "kustomization.yaml", true)
  .filter((path) => NOT_APPLIED.test(path))
  .map((path) => path.replace(/\/[^/]*$/, ""));

describe.skipIf(!isPossible)("In an empty cluster", { timeout: 120_000 }, () => {
  let controlPlane: ControlPlane;
  let folder: string;

  const run = async (...args: string[]): Promise<string> =>
    (await runFile(kubectl, [...args, `--kubeconfig=${join(folder, "kubeconfig")}`], { cwd: ROOT })).stdout;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-examples-"));
    controlPlane = await startRealControlPlane({ assets });
    await controlPlane.writeKubeconfig(join(folder, "kubeconfig"), "admin");
    // What is there before an example is: the operator's kinds, and those of Flux and Argo CD with its namespace.
    const foreign = join(folder, "foreign.json");
    await writeFile(foreign, JSON.stringify({ apiVersion: "v1", kind: "List", items: FOREIGN_KINDS.map(foreignKind) }));
    await run("apply", "--server-side", "-f", "crds", "-f", foreign);
    await run("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s");
    await run("create", "namespace", "argocd");
  });
  afterAll(async () => {
    await controlPlane.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([...examples.map((path) => ["-f", path] as const), ...folders.map((path) => ["-k", path] as const)])(
    "%s %s is taken after the namespace, twice",
    async (flag, path) => {
      for (let time = 1; time <= 2; time++) {
        await run("apply", "--server-side", "-f", NAMESPACE);
        expect(await run("apply", "--server-side", flag, path)).toMatch(/serverside-applied/);
      }
    },
  );

  it("nothing but the namespace's own file takes the namespace away again", async () => {
    for (const path of examples) expect(await run("delete", "-f", path, "--dry-run=client")).not.toMatch(/^namespace/m);
  });
});
