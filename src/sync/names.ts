/** What the ConfigMaps of one O365Sync are called and how they are labelled. */
import { API_VERSION, LABEL_DOMAIN, LABEL_MANAGED_BY, LABEL_ROLE, LABEL_SYNC, MANAGER } from "../api/group.ts";
import type { ConfigMap, ObjectMeta, OwnerReference } from "../api/kube.ts";
import type { O365Sync } from "../api/types.generated.ts";

export type Role = "recipients" | "accounts" | "manifest" | "journal" | "history" | "plan";

export const manifestName = (sync: string): string => `${sync}-manifest`;
export const historyName = (sync: string): string => `${sync}-history`;
export const planName = (sync: string): string => `${sync}-plan`;
export const accountsName = (sync: string, index: number): string => `${sync}-accounts-${index}`;
export const journalName = (sync: string, index: number): string => `${sync}-journal-${index}`;
export const tableName = (sync: string, shards: number, index: number): string =>
  shards === 1 ? `${sync}-recipients` : `${sync}-recipients-${shards}-${index}`;

/** The metadata that every ConfigMap of this object must carry. */
export function ownedMetadata(sync: O365Sync, name: string, role: Role): ObjectMeta {
  const labels: Record<string, string> = {
    [LABEL_MANAGED_BY]: MANAGER,
    [LABEL_ROLE]: role,
    [LABEL_SYNC]: sync.metadata.name,
  };
  // The MailDomain controller finds a domain's lists by this label, also when their O365Sync is gone.
  if (role === "manifest") labels[LABEL_DOMAIN] = sync.spec.domainRef.name;
  const owner = ownerReference(sync);
  return {
    name,
    ...(sync.metadata.namespace === undefined ? {} : { namespace: sync.metadata.namespace }),
    labels,
    ...(owner === undefined ? {} : { ownerReferences: [owner] }),
  };
}

function ownerReference(sync: O365Sync): OwnerReference | undefined {
  if (sync.spec.output.deletionPolicy !== "Delete" || sync.metadata.uid === undefined) return undefined;
  return {
    apiVersion: API_VERSION,
    kind: "O365Sync",
    name: sync.metadata.name,
    uid: sync.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/**
 * Whether this object may write a ConfigMap that it found under one of its names: it carries our labels, and no other
 * live controller owns it. An owner of our kind and name is this object or one that was there before it.
 */
export function isOurs(sync: O365Sync, found: ConfigMap, role: Role): boolean {
  const labels = found.metadata.labels ?? {};
  if (labels[LABEL_MANAGED_BY] !== MANAGER || labels[LABEL_ROLE] !== role) return false;
  if (labels[LABEL_SYNC] !== sync.metadata.name) return false;
  return (found.metadata.ownerReferences ?? []).every(
    (owner) => owner.controller !== true || (owner.kind === "O365Sync" && owner.name === sync.metadata.name),
  );
}

/** Whether labels and owner are already as `ownedMetadata` wants them; foreign labels are left alone. */
export function metadataIsCurrent(found: ObjectMeta, wanted: ObjectMeta): boolean {
  const labels = Object.entries(wanted.labels ?? {}).every(([key, value]) => found.labels?.[key] === value);
  const have = (found.ownerReferences ?? []).map((owner) => owner.uid).join();
  const want = (wanted.ownerReferences ?? []).map((owner) => owner.uid).join();
  return labels && have === want;
}
