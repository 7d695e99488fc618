/** Reads and writes the ConfigMaps of one O365Sync: never without the resourceVersion that was looked at, never a foreign one. */
import { createHash } from "node:crypto";
import { BY_SYNC } from "../api/indexers.ts";
import { mergedMetadata, metadataIsCurrent } from "../api/ownership.ts";
import type { O365Sync } from "../api/types.generated.ts";
import { Failure } from "../base/failure.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP, type ConfigMap, type ObjectMeta } from "../runtime/kube.ts";
import type { Rewind } from "../runtime/rewind.ts";
import { ApiError, type Client, type Store } from "../runtime/types.ts";
import { contentMetadata, isOurs, type Role } from "./labels.ts";

/** What one ConfigMap shall hold. `binaryData` values are base64. */
export interface Content {
  readonly name: string;
  readonly role: Role;
  /** Beside those that others have set. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** A ConfigMap as it was found. */
export interface Seen {
  readonly metadata: ObjectMeta;
  readonly sha256: string;
}

/** Which state of a ConfigMap has which digest. */
interface Hashed {
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly sha256: string;
}

/** Digests of ConfigMaps that are gone may be kept so many times before they are looked for. */
const FEW = 1_000;

/** Values as text, or as the bytes of one. */
type Values = Readonly<Record<string, string | Buffer>> | undefined;

/** Digest of what a ConfigMap holds, metadata left out. */
export function contentHash({ data, binaryData }: { readonly data?: Values; readonly binaryData?: Values }): string {
  const hash = createHash("sha256");
  for (const part of [data ?? {}, binaryData ?? {}]) {
    for (const key of Object.keys(part).sort())
      hash
        .update(`${key}\0`)
        .update(part[key] ?? "")
        .update("\0");
    hash.update("\0");
  }
  return `sha256:${hash.digest("hex")}`;
}

export interface ConfigMaps {
  /**
   * What stands under a name now; undefined when there is nothing. A ConfigMap whose resourceVersion was hashed before
   * is not fetched again. Throws Failure ConfigMapConflict for one that is not ours.
   */
  look(sync: O365Sync, name: string, role: Role, signal: AbortSignal): Promise<Seen | undefined>;
  /** The same with its data, always from the API server. */
  read(
    sync: O365Sync,
    name: string,
    role: Role,
    signal: AbortSignal,
  ): Promise<(Seen & { readonly object: ConfigMap }) | undefined>;
  /** Creates what was not there, replaces what was; throws ApiError (Conflict, AlreadyExists) when somebody wrote in between. */
  write(sync: O365Sync, content: Content, seen: Seen | undefined, signal: AbortSignal): Promise<Seen>;
  /** Whether what was seen is that already, labels and owner included. */
  isCurrent(
    sync: O365Sync,
    wanted: { readonly role: Role; readonly sha256: string },
    seen: Seen | undefined,
  ): seen is Seen;
  /** `write`, unless what was seen is the same already. */
  put(sync: O365Sync, content: Content, seen: Seen | undefined, signal: AbortSignal): Promise<void>;
  /** Puts labels and owner right where they are not, and leaves the data alone. */
  relabel(sync: O365Sync, name: string, role: Role, signal: AbortSignal): Promise<void>;
  /** Deletes exactly what was seen; what is gone already is well. */
  remove(seen: ObjectMeta, signal: AbortSignal): Promise<void>;
  /** Ours under these labels by the cache, for sweeping. */
  known(sync: O365Sync): ObjectMeta[];
}

export interface ConfigMapsOptions {
  readonly client: Client;
  /** Metadata of every ConfigMap that carries our labels. */
  readonly cache: Store<ConfigMap>;
  /** After it one version may name two states. */
  readonly rewind?: Pick<Rewind, "onTold">;
}

const keyOf = ({ namespace, name }: ObjectMeta): string => `${namespace}/${name}`;

export function createConfigMaps({ client, cache, rewind }: ConfigMapsOptions): ConfigMaps {
  /** By namespace/name: what was hashed last. Few bytes each: there may be many thousands. */
  const hashed = new Map<string, Hashed>();
  rewind?.onTold(() => hashed.clear());

  function remember(object: ConfigMap): Seen {
    const { managedFields: _, ...metadata } = object.metadata;
    const { uid, resourceVersion } = metadata;
    const sha256 = contentHash(object);
    if (hashed.size > 2 * cache.size + FEW) forgetGone();
    hashed.set(keyOf(metadata), { uid, resourceVersion, sha256 });
    return { metadata, sha256 };
  }
  function forgetGone(): void {
    for (const key of hashed.keys()) if (cache.get(key) === undefined) hashed.delete(key);
  }

  async function read(sync: O365Sync, name: string, role: Role, signal: AbortSignal) {
    const key = { namespace: sync.metadata.namespace ?? "", name };
    const object = await find(client, CONFIG_MAP, key, { signal });
    if (object === undefined) {
      hashed.delete(keyOf(key));
      return undefined;
    }
    if (!isOurs(sync, object, role)) throw conflict(name);
    return { ...remember(object), object };
  }

  async function write(sync: O365Sync, content: Content, seen: Seen | undefined, signal: AbortSignal): Promise<Seen> {
    const object = toConfigMap(sync, content, seen);
    // Where the cache shows what is old, the next look asks the API server.
    hashed.delete(keyOf(object.metadata));
    const verb = seen === undefined ? client.create : client.replace;
    return remember(await verb(CONFIG_MAP, object, { signal }));
  }

  async function look(sync: O365Sync, name: string, role: Role, signal: AbortSignal): Promise<Seen | undefined> {
    const key = keyOf({ namespace: sync.metadata.namespace ?? "", name });
    const known = hashed.get(key);
    const cached = cache.get(key);
    if (known !== undefined && cached !== undefined && isSame(known, cached.metadata)) {
      if (!isOurs(sync, cached, role)) throw conflict(name);
      return { metadata: cached.metadata, sha256: known.sha256 };
    }
    const found = await read(sync, name, role, signal);
    return found && { metadata: found.metadata, sha256: found.sha256 };
  }

  const isCurrent: ConfigMaps["isCurrent"] = (sync, { role, sha256 }, seen): seen is Seen =>
    seen?.sha256 === sha256 && hasOwnMetadata(sync, seen, role);

  return {
    read,
    look,
    write,
    isCurrent,
    async put(sync, content, seen, signal) {
      const wanted = { role: content.role, sha256: contentHash(content) };
      if (!isCurrent(sync, wanted, seen)) await write(sync, content, seen, signal);
    },
    async relabel(sync, name, role, signal) {
      const seen = await look(sync, name, role, signal);
      if (seen === undefined || hasOwnMetadata(sync, seen, role)) return;
      const found = await read(sync, name, role, signal);
      if (found !== undefined) await write(sync, { ...found.object, name, role }, found, signal);
    },
    async remove(metadata, signal) {
      hashed.delete(keyOf(metadata));
      await removeExactly(client, metadata, signal);
    },
    known(sync) {
      const near = cache.by(BY_SYNC, keyOf(sync.metadata));
      return near.filter((found) => isOurs(sync, found, undefined)).map(({ metadata }) => metadata);
    },
  };
}

/** Deletes what was seen, and nothing that has taken its place since. */
async function removeExactly(client: Client, metadata: ObjectMeta, signal: AbortSignal): Promise<void> {
  const { namespace = "", name, uid, resourceVersion } = metadata;
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  try {
    await client.delete(CONFIG_MAP, { namespace, name }, { signal, preconditions });
  } catch (error) {
    if (!(error instanceof ApiError && error.notFound)) throw error;
  }
}

function toConfigMap(sync: O365Sync, content: Content, seen: Seen | undefined): ConfigMap {
  const { name, role, annotations, data, binaryData } = content;
  const wanted = { ...contentMetadata(sync, name, role), ...(annotations && { annotations: { ...annotations } }) };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: seen === undefined ? wanted : mergedMetadata(seen.metadata, wanted),
    ...(data === undefined ? {} : { data: { ...data } }),
    ...(binaryData === undefined ? {} : { binaryData: { ...binaryData } }),
  };
}

const isSame = (a: Hashed, b: ObjectMeta): boolean => a.uid === b.uid && a.resourceVersion === b.resourceVersion;

/** Whether labels and owner of what was seen are as they must be. */
export function hasOwnMetadata(sync: O365Sync, seen: Pick<Seen, "metadata">, role: Role): boolean {
  return metadataIsCurrent(seen.metadata, contentMetadata(sync, seen.metadata.name, role));
}

function conflict(name: string): Failure {
  return new Failure(
    "stalled",
    "ConfigMapConflict",
    `the ConfigMap ${name} exists and does not belong to this object (its labels or its controlling owner say so); rename or delete it`,
  );
}
