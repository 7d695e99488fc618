/** The URL paths under which the API server serves objects. */
import type { KubeObject, ObjectKey, ResourceType } from "./kube.ts";

/** The path of all objects of a type, in one namespace or (without) in all. */
export function collectionPath(type: ResourceType<KubeObject>, namespace: string | undefined): string {
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${scope}/${type.plural}`;
}

/** The path of one object. Throws without a name or namespace: such a path would mean the whole collection. */
export function objectPath(type: ResourceType<KubeObject>, key: ObjectKey, subresource?: string): string {
  if (!key.name) throw new TypeError(`${type.kind}: metadata.name is empty`);
  const suffix = subresource === undefined ? "" : `/${subresource}`;
  return `${collectionPath(type, namespaceOf(type, key))}/${encodeURIComponent(key.name)}${suffix}`;
}

/** The namespace an object is written to; undefined for cluster-scoped kinds. Throws when it should have one. */
export function namespaceOf(type: ResourceType<KubeObject>, key: { readonly namespace?: string }): string | undefined {
  if (!type.namespaced) return undefined;
  if (!key.namespace) throw new TypeError(`${type.kind}: metadata.namespace is empty`);
  return key.namespace;
}

/** A query string with the leading `?`, or nothing; undefined values are left out. */
export function query(parameters: Record<string, string | number | boolean | undefined>): string {
  const set = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return set.length === 0 ? "" : `?${new URLSearchParams(set).toString()}`;
}
