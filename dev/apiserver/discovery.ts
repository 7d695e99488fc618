/** What is served, in the words of the API: for kubectl and other clients that ask first. */
import type { MediaType } from "./media.ts";
import type { Registry } from "./registry.ts";
import type { Json, Kind } from "./types.ts";

const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
/** Of custom kinds in another order. */
const CUSTOM_VERBS = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const STATUS_VERBS = ["get", "patch", "update"];

/** /api, /apis and what is below them, as far as it is no object; undefined for another path. */
export function discover(
  path: string,
  registry: Registry,
  accept: readonly MediaType[],
  server: string,
): Json | undefined {
  const [root, group, version, ...rest] = path.split("/").filter(Boolean);
  if (rest.length > 0) return undefined;
  const aggregated = wantsAggregated(accept);
  if (root === "api") {
    if (group !== undefined)
      return version === undefined && group === "v1" ? resourceList(registry, "", "v1") : undefined;
    return aggregated ? aggregate(registry, (kind) => kind.group === "") : coreVersions(server);
  }
  if (root !== "apis") return undefined;
  if (group === undefined) return aggregated ? aggregate(registry, (kind) => kind.group !== "") : groupList(registry);
  return version === undefined ? groupOf(registry, group) : resourceList(registry, group, version);
}

function wantsAggregated(accept: readonly MediaType[]): boolean {
  return accept.some(
    ({ parameters: { as, g, v } }) => as === "APIGroupDiscoveryList" && g === "apidiscovery.k8s.io" && v === "v2",
  );
}

export const AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

export function isAggregated(body: Json): boolean {
  return body["kind"] === "APIGroupDiscoveryList";
}

function coreVersions(server: string): Json {
  const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress: new URL(server).host }];
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs };
}

function groupList(registry: Registry): Json {
  const groups = groupNames(registry).map((name) => groupEntry(registry, name));
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

function groupNames(registry: Registry): string[] {
  return [...new Set(registry.all().map(({ group }) => group))].filter((group) => group !== "");
}

function groupEntry(registry: Registry, name: string): Json {
  const found = registry.all().filter(({ group }) => group === name);
  const versions = [...new Set(found.map(({ version }) => version))].map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
}

function groupOf(registry: Registry, name: string): Json | undefined {
  if (!groupNames(registry).includes(name)) return undefined;
  return { kind: "APIGroup", apiVersion: "v1", ...groupEntry(registry, name) };
}

function resourceList(registry: Registry, group: string, version: string): Json | undefined {
  const kinds = registry.all().filter((kind) => kind.group === group && kind.version === version);
  if (kinds.length === 0) return undefined;
  const groupVersion = group === "" ? version : `${group}/${version}`;
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: kinds.flatMap(resourcesOf) };
}

function resourcesOf(kind: Kind): Json[] {
  const { plural, singular, namespaced, shortNames, categories } = kind;
  const base = { namespaced, kind: kind.kind };
  const lists = { ...(shortNames.length > 0 && { shortNames }), ...(categories.length > 0 && { categories }) };
  const own = { name: plural, singularName: singular, ...base, verbs: verbsOf(kind), ...lists };
  return kind.hasStatus ? [own, { name: `${plural}/status`, singularName: "", ...base, verbs: STATUS_VERBS }] : [own];
}

function verbsOf({ builtIn }: Kind): string[] {
  return builtIn ? VERBS : CUSTOM_VERBS;
}

function aggregate(registry: Registry, belongs: (kind: Kind) => boolean): Json {
  const kinds = registry.all().filter(belongs);
  const items = [...new Set(kinds.map(({ group }) => group))].map((group) => ({
    metadata: { name: group === "" ? undefined : group },
    versions: aggregatedVersions(kinds.filter((kind) => kind.group === group)),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

function aggregatedVersions(kinds: readonly Kind[]): Json[] {
  return [...new Set(kinds.map(({ version }) => version))].map((version) => ({
    version,
    freshness: "Current",
    resources: kinds.filter((kind) => kind.version === version).map(aggregatedResource),
  }));
}

function aggregatedResource(kind: Kind): Json {
  const { group, version, plural, singular, namespaced, shortNames, categories } = kind;
  const responseKind = { group, version, kind: kind.kind };
  return {
    resource: plural,
    responseKind,
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs: verbsOf(kind),
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(kind.hasStatus && { subresources: [{ subresource: "status", responseKind, verbs: STATUS_VERBS }] }),
  };
}

/** Groups that a real API server has and this one has not: whoever asks for them is told so, not that they do not exist. */
const MISSING_GROUPS: readonly string[] = [
  "admissionregistration.k8s.io",
  "apiregistration.k8s.io",
  "apps",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "discovery.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
];

const MISSING_CORE: readonly string[] = [
  "bindings",
  "componentstatuses",
  "endpoints",
  "limitranges",
  "nodes",
  "persistentvolumeclaims",
  "persistentvolumes",
  "pods",
  "podtemplates",
  "replicationcontrollers",
  "resourcequotas",
  "serviceaccounts",
  "services",
];

/** Whether a real API server would serve this. */
export function isMissing(group: string, plural: string): boolean {
  return MISSING_GROUPS.includes(group) || (group === "" && MISSING_CORE.includes(plural));
}
