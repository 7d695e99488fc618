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

/** Whether labels and controlling owner are already as wanted; foreign labels and owners are left alone. */
export function metadataIsCurrent(found: ObjectMeta, wanted: ObjectMeta): boolean {
  const labels = Object.entries(wanted.labels ?? {}).every(([label, value]) => found.labels?.[label] === value);
  return labels && controllers(found) === controllers(wanted);
}

const controllers = ({ ownerReferences = [] }: ObjectMeta): string =>
  ownerReferences
    .filter(({ controller }) => controller === true)
    .map(({ uid }) => uid)
    .join();

/** What was found, with what is wanted put in: foreign labels, annotations and plain owners stay. */
export function mergedMetadata(found: ObjectMeta, wanted: ObjectMeta): ObjectMeta {
  const { ownerReferences = [], ...rest } = found;
  const owners = [
    ...ownerReferences.filter(({ controller }) => controller !== true),
    ...(wanted.ownerReferences ?? []),
  ];
  return {
    ...rest,
    labels: { ...found.labels, ...wanted.labels },
    ...(wanted.annotations === undefined ? {} : { annotations: { ...found.annotations, ...wanted.annotations } }),
    ...(owners.length === 0 ? {} : { ownerReferences: owners }),
  };
}
