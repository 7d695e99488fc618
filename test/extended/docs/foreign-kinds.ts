/** Kinds of Flux and Argo CD, without their schemas: enough to see that a block names a kind, has metadata and is YAML. */
import { setTimeout as pause } from "node:timers/promises";
import { request } from "../../support/api.ts";

export const FOREIGN_KINDS = [
  { group: "kustomize.toolkit.fluxcd.io", version: "v1", kind: "Kustomization", plural: "kustomizations" },
  { group: "source.toolkit.fluxcd.io", version: "v1", kind: "GitRepository", plural: "gitrepositories" },
  { group: "argoproj.io", version: "v1alpha1", kind: "Application", plural: "applications" },
] as const;

type ForeignKind = (typeof FOREIGN_KINDS)[number];

/** Its CustomResourceDefinition. */
export function foreignKind({ group, version, kind, plural }: ForeignKind): object {
  const openAPIV3Schema = {
    type: "object",
    required: ["spec"],
    properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      // The API server wants to see that names of its own project are used with leave.
      annotations: { "api-approved.kubernetes.io": "unapproved, for a test" },
    },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}

/** Again is fine. Resolves when all are served. */
export async function installForeignKinds(): Promise<void> {
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  for (const foreign of FOREIGN_KINDS) {
    const { group, version, kind, plural } = foreign;
    const { status, body } = await request("POST", path, foreignKind(foreign));
    if (status !== 201 && status !== 409) throw new Error(`${kind}: ${JSON.stringify(body)}`);
    const deadline = Date.now() + 30_000;
    while ((await request("GET", `/apis/${group}/${version}/${plural}`)).status !== 200) {
      if (Date.now() > deadline) throw new Error(`${kind} is not served`);
      await pause(50);
    }
  }
}
