/** Deleting objects: at once, or, while finalizers hold them, by marking them. */
import type { Context, Target } from "./context.ts";
import { getObject } from "./context.ts";
import { badRequest, conflict } from "./status.ts";
import { keyOf } from "./storage.ts";
import { timeText } from "./times.ts";
import { isRecord, type Json, type StoredMeta, type StoredObject } from "./types.ts";
import { nextGeneration } from "./write.ts";

export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly propagationPolicy?: string | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
}

/** From the body and the query; `query` wins. Throws a 400. */
export function deleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const given: Json = isRecord(body) ? body : {};
  if (given["kind"] !== undefined && given["kind"] !== "DeleteOptions") {
    throw badRequest(
      `the object provided is unrecognized (must be of type DeleteOptions): ${JSON.stringify(given["kind"])}`,
    );
  }
  return {
    dryRun: query.has("dryRun") || given["dryRun"] !== undefined,
    propagationPolicy: query.get("propagationPolicy") ?? (given["propagationPolicy"] as string | undefined),
    preconditions: given["preconditions"] as DeleteOptions["preconditions"],
  };
}

export interface Deletion {
  /** Its last state, or as it is now with a deletionTimestamp. */
  readonly object: StoredObject;
  readonly isGone: boolean;
}

const HOLDING: Readonly<Record<string, string>> = { Foreground: "foregroundDeletion", Orphan: "orphan" };

/** Throws a 404, or a 409 when a precondition does not hold. */
export function deleteObject(context: Context, target: Target, options: DeleteOptions): Deletion {
  const { kind, namespace, name } = target;
  const object = getObject(context, target);
  requirePreconditions(object, target, options);
  const marked = marking(object, options, kind.table, context.now());
  const isGone = !marked.metadata.finalizers?.length && !isHeldNamespace(kind.table);
  if (options.dryRun) return { object: marked, isGone };
  const key = keyOf(namespace, name);
  if (isGone) return { object: context.storage.remove(kind.table, key) ?? object, isGone };
  if (object.metadata.deletionTimestamp) return { object, isGone };
  const counted = kind.hasGeneration ? nextGeneration(marked) : marked;
  return { object: context.storage.put(kind.table, key, kind.complete(counted)), isGone };
}

/** A namespace goes when its content is gone. */
function isHeldNamespace(table: string): boolean {
  return table === "namespaces";
}

function marking(
  object: StoredObject,
  { propagationPolicy = "" }: DeleteOptions,
  table: string,
  now: number,
): StoredObject {
  const { finalizers = [], ...rest } = object.metadata;
  const holder = HOLDING[propagationPolicy];
  const held = holder && !isHeldNamespace(table) && !finalizers.includes(holder) ? [...finalizers, holder] : finalizers;
  const metadata: StoredMeta = {
    ...rest,
    ...(held.length > 0 && { finalizers: held }),
    deletionTimestamp: rest.deletionTimestamp ?? timeText(now),
    deletionGracePeriodSeconds: 0,
  };
  return { ...object, metadata };
}

function requirePreconditions(
  { metadata }: StoredObject,
  { kind, name }: Target,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const named = { group: kind.group, plural: kind.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    const cause = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(named, name, cause);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const cause = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(named, name, cause);
  }
}
