/** OpenAPI as far as kubectl needs it: that the server validates fields itself, and how lists of built-in kinds merge. */
import { createHash } from "node:crypto";
import type { Registry } from "./registry.ts";
import { apiVersionOf, type Json, type Kind } from "./types.ts";

/** /openapi/v3 and the documents below it; undefined for another path. */
export function openapiV3(path: string, registry: Registry): Json | undefined {
  const documents = groupVersions(registry);
  if (path === "/openapi/v3") {
    const hash = (text: string): string => createHash("sha512").update(text).digest("hex").toUpperCase();
    const entries = [...documents.keys()].map((name) => [
      name,
      { serverRelativeURL: `/openapi/v3/${name}?hash=${hash(name)}` },
    ]);
    return { paths: Object.fromEntries(entries) };
  }
  const kinds = documents.get(path.replace("/openapi/v3/", ""));
  return kinds && documentOf(kinds);
}

/** From `api/v1`, `apis/events.k8s.io/v1` and the like to their kinds. */
function groupVersions(registry: Registry): Map<string, Kind[]> {
  const documents = new Map<string, Kind[]>();
  for (const kind of registry.all()) {
    const name = `${kind.group === "" ? "api" : "apis"}/${apiVersionOf(kind)}`;
    documents.set(name, [...(documents.get(name) ?? []), kind]);
  }
  return documents;
}

function documentOf(kinds: readonly Kind[]): Json {
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries(kinds.flatMap(pathsOf)),
    components: { schemas: Object.fromEntries(kinds.map((kind) => [componentOf(kind), schemaOf(kind)])) },
  };
}

function gvkOf({ group, version, kind }: Kind): Json {
  return { group, version, kind };
}

function componentOf({ group, version, kind }: Kind): string {
  return [...group.split(".").toReversed(), version, kind].filter(Boolean).join(".");
}

/** kubectl looks for the parameter fieldValidation: with it, the server finds unknown fields itself. */
function pathsOf(kind: Kind): [string, Json][] {
  const base = `/${kind.group === "" ? "api" : "apis"}/${apiVersionOf(kind)}${kind.namespaced ? "/namespaces/{namespace}" : ""}/${kind.plural}`;
  const parameters = ["dryRun", "fieldManager", "fieldValidation"].map((name) => ({
    name,
    in: "query",
    schema: { type: "string" },
  }));
  const operation = (action: string): Json => ({
    operationId: `${action}${componentOf(kind)}`,
    parameters,
    responses: {},
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvkOf(kind),
  });
  return [
    [base, { post: operation("post") }],
    [`${base}/{name}`, { patch: operation("patch"), put: operation("put") }],
  ];
}

function schemaOf(kind: Kind): Json {
  return { ...kind.schema, "x-kubernetes-group-version-kind": [gvkOf(kind)] };
}
