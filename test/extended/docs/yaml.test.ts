/** Every YAML block of the documentation and every example is taken by an API server (dry run), or by the chart. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { readKinds } from "../../../scripts/generate/crd.ts";
import { request } from "../../support/api.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { filesOf, ROOT, readPages } from "../../support/pages.ts";
import { missing } from "../../support/tools.ts";
import { helm, type Manifest, render } from "../chart/helm.ts";
import { installMonitoringKinds } from "../chart/monitoring-kinds.ts";
import { FOREIGN_KINDS, installForeignKinds } from "./foreign-kinds.ts";

type Json = Record<string, unknown>;

/** Which the embedded API server does not know. */
const POLICIES = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];
const FOREIGN = [...POLICIES, ...FOREIGN_KINDS.map(({ kind }) => kind)];

const kinds = readKinds(`${ROOT}crds`);
const isReal = (): boolean => useControlPlane().kind === "real";
const pluralOf = (kind: string): string =>
  kind.endsWith("Policy")
    ? `${kind.slice(0, -1).toLowerCase()}ies`
    : kind === "GitRepository"
      ? "gitrepositories"
      : `${kind.toLowerCase()}s`;

/** An example with what a fragment says, of its spec or as one, put over it. A list is one of volumes. */
function completed(fragment: Json): Manifest {
  if (Array.isArray(fragment)) {
    const spec = { containers: [{ name: "gateway", image: "gateway" }], volumes: fragment as unknown[] };
    return { apiVersion: "v1", kind: "Pod", metadata: { name: "gateway" }, spec };
  }
  const wanted = (fragment["spec"] ?? fragment) as Json;
  const keys = Object.keys(wanted);
  if (keys.includes("healthCheckExprs")) {
    const flux = parse(readFileSync(`${ROOT}examples/gitops/flux/kustomization.yaml`, "utf8")) as Manifest;
    return { ...flux, spec: { ...(flux.spec as Json), ...wanted } };
  }
  const kind = kinds.find(({ spec }) => keys.every((key) => key in (spec.properties ?? {})));
  if (kind === undefined) throw new Error(`no kind has all of ${keys.join(", ")} in its spec`);
  const example = readFileSync(`${ROOT}examples/${kind.kind.toLowerCase()}.yaml`, "utf8");
  const whole = parseAllDocuments(example)
    .map((each) => each.toJS() as Manifest)
    .find((each) => each.kind === kind.kind);
  if (whole === undefined) throw new Error(`the example of ${kind.kind} has none`);
  return { ...whole, spec: { ...(whole.spec as Json), ...wanted } };
}

async function apply(object: Manifest): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  // Read by kubectl, which a test of the commands runs.
  if (apiVersion.startsWith("kustomize.config")) return;
  const api = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const isCluster = [
    "Namespace",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    ...POLICIES,
  ].includes(kind);
  const namespace = metadata.namespace ?? "default";
  if (!isCluster) await request("POST", "/api/v1/namespaces", { kind: "Namespace", metadata: { name: namespace } });
  const place = isCluster ? "" : `/namespaces/${namespace}`;
  const path = `${api}${place}/${pluralOf(kind)}/${metadata.name}?fieldManager=docs&force=true&dryRun=All&fieldValidation=Strict`;
  const { status, body } = await request("PATCH", path, object, "application/apply-patch+yaml");
  expect({ kind, status, ...(status >= 300 && { body }) }).toMatchObject({
    status: expect.toSatisfy((code: number) => code === 200 || code === 201) as number,
  });
}

const blocks = readPages().flatMap(({ path, blocks }) =>
  blocks.filter(({ info }) => /^yaml\b/.test(info)).map((block) => ({ where: `${path}:${block.line}`, ...block })),
);
const examples = filesOf("examples", ".yaml", true);

describe("YAML in the documentation", () => {
  beforeAll(async () => {
    if (!isReal()) missing("the embedded API server has no foreign kinds: set KUBEBUILDER_ASSETS");
    else {
      await installForeignKinds();
      await installMonitoringKinds();
    }
  });

  it.each(blocks.filter(({ info }) => info === "yaml"))("at $where is taken", async ({ text }) => {
    for (const document of parseAllDocuments(text)) {
      expect(document.errors).toEqual([]);
      const content = document.toJS() as Json;
      const object = content["apiVersion"] === undefined ? completed(content) : (content as unknown as Manifest);
      if (!isReal() && FOREIGN.includes(object.kind)) continue;
      await apply(object);
    }
  });

  it.skipIf(helm === undefined).each(blocks.filter(({ info }) => info === "yaml values"))(
    "at $where is taken by the chart",
    ({ text }) => {
      expect(render(parseAllDocuments(text)[0]?.toJS() as object).length).toBeGreaterThan(0);
    },
  );

  it("has no other sort", () => {
    expect(blocks.filter(({ info }) => !["yaml", "yaml values"].includes(info))).toEqual([]);
  });

  it.each(examples)("in %s is taken", async (path) => {
    for (const document of parseAllDocuments(readFileSync(`${ROOT}${path}`, "utf8"))) {
      expect(document.errors).toEqual([]);
      const object = document.toJS() as Manifest | null;
      if (object === null || (!isReal() && FOREIGN.includes(object.kind))) continue;
      await apply(object);
    }
  });
});
