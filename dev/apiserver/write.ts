/** Creating and updating objects: what is kept from before, what is filled in, and what is refused. */
import { randomBytes, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type Context, getObject, type Target } from "./context.ts";
import { invalidValue } from "./field-errors.ts";
import { viewOf } from "./forms.ts";
import { trackFields } from "./managed-fields.ts";
import { requireInstallable } from "./registry.ts";
import { validateMetadata, validateMetadataUpdate } from "./schema/object-meta.ts";
import { alreadyExists, badRequest, conflict, forbidden, invalid, MODIFIED, notFound, StatusError } from "./status.ts";
import { keyOf } from "./storage.ts";
import { timeText } from "./times.ts";
import type { Kind, StoredMeta, StoredObject } from "./types.ts";

export interface WriteOptions {
  readonly manager: string;
  /** What was applied, when it was server-side apply. */
  readonly applied?: StoredObject | undefined;
  readonly dryRun: boolean;
  readonly subresource?: "status" | undefined;
}

/** Objects are given and answered in the form of their table. */
export function createObject(
  context: Context,
  kind: Kind,
  namespace: string | undefined,
  given: StoredObject,
  options: WriteOptions,
): StoredObject {
  if (given.metadata.resourceVersion) {
    throw new StatusError(500, "", "resourceVersion should not be set on objects to be created");
  }
  const metadata = newMetadata(given.metadata, kind, namespace, context.now());
  const { status: _, ...content } = given;
  const object = kind.complete({ ...(kind.hasStatus ? content : given), metadata });
  requireNamespace(context, kind, namespace, metadata.name);
  requireValid(context, kind, object, undefined);
  const { storage } = context;
  const key = keyOf(namespace, metadata.name);
  if (storage.get(kind.table, key)) throw alreadyExists(kind, metadata.name);
  const stored = withTracked(context, kind, undefined, object, options);
  return options.dryRun ? stored : storage.put(kind.table, key, stored);
}

const GENERATED = "bcdfghjklmnpqrstvwxz2456789";

function newMetadata(given: StoredMeta, kind: Kind, namespace: string | undefined, now: number): StoredMeta {
  const {
    deletionTimestamp: _,
    deletionGracePeriodSeconds: __,
    managedFields: ___,
    resourceVersion: ____,
    selfLink: _____,
    ...kept
  } = given;
  if (given.namespace && given.namespace !== (namespace ?? "")) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  const suffix = [...randomBytes(5)].map((byte) => GENERATED[byte % GENERATED.length]).join("");
  return {
    ...kept,
    name: given.name || (given.generateName ? `${given.generateName}${suffix}` : ""),
    ...(namespace !== undefined && { namespace }),
    uid: randomUUID(),
    creationTimestamp: timeText(now),
    ...(kind.hasGeneration && { generation: 1 }),
  };
}

function requireNamespace({ storage }: Context, kind: Kind, namespace: string | undefined, name: string): void {
  if (namespace === undefined) return;
  const found = storage.get("namespaces", namespace);
  if (!found) throw notFound({ group: "", plural: "namespaces" }, namespace);
  if (!found.metadata.deletionTimestamp) return;
  throw forbidden(kind, name, `unable to create new content in namespace ${namespace} because it is being terminated`);
}

function requireValid(context: Context, kind: Kind, object: StoredObject, old: StoredObject | undefined): void {
  const found = [...validateMetadata(kind, object), ...(old ? validateMetadataUpdate(object, old) : [])];
  const errors = kind.validate(object, old, found);
  // An event is checked in the form in which it is kept.
  if (errors.length > 0) throw invalid(context.registry.ofTable(kind.table) ?? kind, object.metadata.name, errors);
  if (context.registry.isCrd(kind)) requireInstallable(object);
}

function withTracked(
  context: Context,
  kind: Kind,
  old: StoredObject | undefined,
  object: StoredObject,
  options: WriteOptions,
): StoredObject {
  const isStatus = options.subresource === "status";
  const tracked = (whole: StoredObject): StoredObject => {
    const { status: _, ...content } = viewOf(whole, kind);
    return kind.hasStatus && !isStatus ? content : viewOf(whole, kind);
  };
  const writer = { ...options, now: context.now() };
  const entries = trackFields(old && tracked(old), tracked(object), writer, kind);
  const kept = kind.hasStatus && !isStatus ? statusEntries(old, entries) : entries;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, ...(kept.length > 0 && { managedFields: kept }) } };
}

/** Who owns the status still does after a write that cannot touch it. */
function statusEntries(
  old: StoredObject | undefined,
  entries: NonNullable<StoredMeta["managedFields"]>,
): NonNullable<StoredMeta["managedFields"]> {
  const before = old?.metadata.managedFields?.filter(({ subresource }) => subresource === "status") ?? [];
  return [...entries.filter(({ subresource }) => subresource !== "status"), ...before];
}

/** What `change` makes of the current object is stored, unless nothing has changed. Throws a 404, 409 or 422. */
export function updateObject(
  context: Context,
  target: Target,
  change: (current: StoredObject) => StoredObject,
  options: WriteOptions,
): StoredObject {
  const { kind, namespace, name } = target;
  const { storage } = context;
  const current = getObject(context, target);
  const given = change(current);
  requireSame(given, current, target);
  const object = kind.complete(merged(given, current, kind, options.subresource));
  const counted =
    kind.hasGeneration && !isDeepStrictEqual(contentOf(object), contentOf(current)) ? nextGeneration(object) : object;
  requireValid(context, kind, counted, current);
  const stored = withTracked(context, kind, current, counted, options);
  if (isDeepStrictEqual(plain(stored), plain(current))) return current;
  if (options.dryRun) return stored;
  const key = keyOf(namespace, name);
  // The last finalizer of an object that is being deleted was what kept it.
  if (stored.metadata.deletionTimestamp && !stored.metadata.finalizers?.length) {
    storage.remove(kind.table, key);
    return stored;
  }
  return storage.put(kind.table, key, stored);
}

function requireSame(given: StoredObject, current: StoredObject, { kind, namespace, name }: Target): void {
  const { metadata } = given;
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (metadata.namespace && metadata.namespace !== (namespace ?? "")) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (metadata.resourceVersion && metadata.resourceVersion !== current.metadata.resourceVersion) {
    throw conflict(kind, name, MODIFIED);
  }
  if (metadata.uid && metadata.uid !== current.metadata.uid) {
    throw conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${current.metadata.uid}`,
    );
  }
  if (!metadata.resourceVersion && !kind.builtIn) {
    const text = "must be specified for an update";
    throw invalid({ group: kind.group, kind: kind.plural }, name, [invalidValue("metadata.resourceVersion", 0, text)]);
  }
}

/** The object without its status, or its status alone; what the server keeps itself is as before. */
function merged(
  given: StoredObject,
  current: StoredObject,
  kind: Kind,
  subresource: "status" | undefined,
): StoredObject {
  const { status, ...content } = given;
  if (subresource === "status") {
    const { status: _, ...rest } = current;
    return { ...rest, ...(status !== undefined && { status }) };
  }
  const old = current.metadata;
  const metadata = withServerFields(given.metadata, old);
  if (old.namespace !== undefined) metadata.namespace = old.namespace;
  if (!kind.hasStatus) return { ...given, metadata };
  const kept = current["status"];
  return { ...content, ...(kept !== undefined && { status: kept }), metadata };
}

const OWNED_BY_SERVER = [
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** What was given, but for what only the server sets. */
function withServerFields(given: StoredMeta, old: StoredMeta): StoredMeta {
  const kept = OWNED_BY_SERVER.flatMap((field) => (old[field] === undefined ? [] : [[field, old[field]]]));
  const rest = Object.entries(given).filter(([field]) => !OWNED_BY_SERVER.some((owned) => owned === field));
  return Object.fromEntries([...rest, ...kept]);
}

function contentOf(object: StoredObject): object {
  const { metadata: _, status: __, ...content } = object;
  return content;
}

export function nextGeneration(object: StoredObject): StoredObject {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 } };
}

/** For comparing: the time of an owner is no change by itself. */
function plain({ metadata, ...content }: StoredObject): object {
  const { managedFields = [], ...rest } = metadata;
  return { ...content, metadata: rest, owners: managedFields.map((owner) => ({ ...owner, time: undefined })) };
}
