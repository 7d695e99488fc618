/** Which ConfigMaps belong to a custom resource: by labels, and by a controlling owner where deleting it shall delete them. Pure. */

import type { KubeObject, ObjectMeta, OwnerReference } from "../runtime/kube.ts";
import { API_VERSION, LABEL_MANAGED_BY, MANAGER } from "./group.ts";

export interface Owner {
  readonly kind: "O365Sync" | "MailDomain";
  readonly metadata: ObjectMeta;
  readonly deletionPolicy: "Orphan" | "Delete";
}

/** The metadata that a ConfigMap of `owner` must carry. */
export function ownedMetadata(
  owner: Owner,
  name: string,
  labels: Readonly<Record<string, string>>,
  annotations?: Readonly<Record<string, string>>,
): ObjectMeta {
  const reference = ownerReference(owner);
  const { namespace } = owner.metadata;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { [LABEL_MANAGED_BY]: MANAGER, ...labels },
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
    ...(reference === undefined ? {} : { ownerReferences: [reference] }),
  };
}

function ownerReference({ kind, metadata, deletionPolicy }: Owner): OwnerReference | undefined {
  if (deletionPolicy !== "Delete" || metadata.uid === undefined) return undefined;
  const { name, uid } = metadata;
  return { apiVersion: API_VERSION, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/**
 * Whether `owner` may write what was found under one of its names: it carries our labels, and no other live controller
 * owns it. A controlling owner of its kind and name is itself or one that was there before it.
 */
export function isOwned(owner: Owner, found: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  const { labels: have = {}, ownerReferences = [] } = found.metadata;
  if (have[LABEL_MANAGED_BY] !== MANAGER) return false;
  if (Object.entries(labels).some(([label, value]) => have[label] !== value)) return false;
  return ownerReferences.every(
    ({ controller, kind, name }) => controller !== true || (kind === owner.kind && name === owner.metadata.name),
  );
}

/** Whether labels and owners are already as wanted; foreign labels are left alone. */
export function metadataIsCurrent(found: ObjectMeta, wanted: ObjectMeta): boolean {
  const labels = Object.entries(wanted.labels ?? {}).every(([label, value]) => found.labels?.[label] === value);
  return labels && ownersOf(found) === ownersOf(wanted);
}

/** A garbage collector deletes what has owners of which none is there, and takes one for gone whose kind or name is another. */
const ownersOf = ({ ownerReferences = [] }: ObjectMeta): string =>
  JSON.stringify(
    ownerReferences.map(({ apiVersion, kind, name, uid, controller = false }) => [
      apiVersion,
      kind,
      name,
      uid,
      controller,
    ]),
  );

/**
 * What was found, with what is wanted put in: foreign labels and annotations stay. Owners do not, plain ones neither: with
 * them a list would go when somebody else's object does, and that is for `deletionPolicy` to say.
 */
export function mergedMetadata(found: ObjectMeta, wanted: ObjectMeta): ObjectMeta {
  const { ownerReferences: _, ...rest } = found;
  const { ownerReferences } = wanted;
  return {
    ...rest,
    labels: { ...found.labels, ...wanted.labels },
    ...(wanted.annotations === undefined ? {} : { annotations: { ...found.annotations, ...wanted.annotations } }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
  };
}
