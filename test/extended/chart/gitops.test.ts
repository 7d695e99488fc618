/** A GitOps tool owns the specs, the operator the status: neither takes a field of the other, and nothing drifts. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { KubeObject, ManagedField } from "../../../src/runtime/kube.ts";
import { request } from "../../support/api.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { missing } from "../../support/tools.ts";
import { createWorld, type World } from "../../support/world.ts";

const example = (name: string): KubeObject & { spec: object } =>
  parse(readFileSync(new URL(`../../../examples/${name}.yaml`, import.meta.url), "utf8")) as KubeObject & {
    spec: object;
  };

const TOOLS = ["argocd-controller", "kustomize-controller"] as const;

describe.each(TOOLS)("Applied by %s", (tool) => {
  let world: World;
  let manifests: readonly (readonly [path: string, manifest: object])[];
  const isReal = (): boolean => useControlPlane().kind === "real";

  const send = async (path: string, body: object, contentType: string): Promise<KubeObject> => {
    const answer = await request("PATCH", path, body, contentType);
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    return answer.body as KubeObject;
  };
  /** As both tools do it, again and again. */
  const apply = () =>
    Promise.all(
      manifests.map(([path, manifest]) =>
        send(`${path}?fieldManager=${tool}&force=true`, manifest, "application/apply-patch+yaml"),
      ),
    );
  /** What the docs tell people to type. */
  const annotate = (token: string, manager: string) =>
    send(
      `${manifests[1]?.[0]}?fieldManager=${manager}`,
      { metadata: { annotations: { "o365sync.dev/sync": token } } },
      "application/merge-patch+json",
    );
  const managersOf = ({ metadata }: KubeObject): ManagedField[] => metadata.managedFields ?? [];
  const ownedBy = (object: KubeObject, manager: string) =>
    managersOf(object).find((entry) => entry.manager === manager)?.fieldsV1;
  const handled = (token: string) =>
    world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === token,
    );

  beforeEach(async () => {
    if (!isReal()) missing("only a real API server tells who owns a field: set KUBEBUILDER_ASSETS");
    world = await createWorld();
    const place = (kind: string, object: KubeObject, spec: object) => {
      const path = `/apis/o365sync.dev/v1alpha1/namespaces/${world.namespace}/${kind}/${object.metadata.name}`;
      return [path, { ...object, metadata: { name: object.metadata.name }, spec }] as const;
    };
    const domain = example("maildomain");
    const sync = example("o365sync");
    const { tenantId, clientId, clientSecret } = world.tenant;
    await world.apply("secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "o365" },
      stringData: { clientSecret },
    });
    const credentials = { clientId, clientSecretRef: { name: "o365" } };
    manifests = [
      place("maildomains", domain, domain.spec),
      place("o365syncs", sync, { ...sync.spec, tenantId, credentials }),
    ];
  });
  afterEach(() => world.close());

  it("three syncs and a trigger leave no drift in what the tool owns", async ({ skip }) => {
    if (!isReal()) return skip();
    const before = await apply();
    for (const token of ["one", "two", "three"]) {
      await annotate(token, "flux-client-side-apply");
      await handled(token);
    }
    await world.until(
      () => world.domain(),
      ({ status }) => status?.addresses !== undefined && status.addresses > 0,
    );
    const dryRun = await Promise.all(
      manifests.map(([path, manifest]) =>
        send(`${path}?fieldManager=${tool}&dryRun=All`, manifest, "application/apply-patch+yaml"),
      ),
    );
    for (const [index, object] of dryRun.entries()) {
      // Applied without force: nobody has taken a field. The spec and its generation are as they were.
      const { spec, metadata } = object as KubeObject & { spec: object };
      expect(ownedBy(object, tool)).toEqual(ownedBy(before[index] as KubeObject, tool));
      expect(spec).toEqual((before[index] as KubeObject & { spec: object }).spec);
      expect(metadata.generation).toBe(1);
      const ours = managersOf(object).filter(({ manager }) => manager?.startsWith("o365") === true);
      expect(ours.map(({ subresource, fieldsV1 }) => [subresource, Object.keys(fieldsV1 ?? {})])).toEqual([
        ["status", ["f:status"]],
      ]);
    }
  });

  it("applying again, and stripping the trigger, asks for nothing", async ({ skip }) => {
    if (!isReal()) return skip();
    await apply();
    await annotate("once", "kubectl-annotate");
    await handled("once");
    // kustomize-controller takes over what kubectl owns, and so drops it.
    await send(
      manifests[1]?.[0] ?? "",
      { metadata: { annotations: { "o365sync.dev/sync": null } } },
      "application/merge-patch+json",
    );
    await apply();
    await annotate("twice", "kubectl-annotate");
    const { status } = await handled("twice");
    // One record a token, and none for anything in between.
    expect(status?.history?.map(({ trigger }) => trigger)).toEqual(["Manual", "Manual"]);
  });

  it("suspending in Git is obeyed, and nobody un-suspends it", async ({ skip }) => {
    if (!isReal()) return skip();
    await apply();
    manifests = manifests.map(([path, manifest]) =>
      path.includes("o365syncs")
        ? [path, { ...manifest, spec: { ...(manifest as { spec: object }).spec, suspend: true } }]
        : [path, manifest],
    );
    await apply();
    await annotate("asked", "kubectl-annotate");
    const { status, spec } = await handled("asked");
    expect(status?.requests?.sync).toMatchObject({ state: "Rejected", reason: "Suspended" });
    expect(spec.suspend).toBe(true);
  });
});
