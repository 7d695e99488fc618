/** What the ConfigMaps of one O365Sync are called and how they are labelled. */
import { LABEL_DOMAIN, LABEL_ROLE, LABEL_SYNC } from "../../api/group.ts";
import type { ConfigMap, ObjectMeta } from "../../api/kube.ts";
import { isOwned, type Owner, ownedMetadata } from "../../api/ownership.ts";
import type { O365Sync } from "../../api/types.generated.ts";

export type Role = "recipients" | "accounts" | "manifest" | "journal" | "history" | "plan";

export const manifestName = (sync: string): string => `${sync}-manifest`;
export const historyName = (sync: string): string => `${sync}-history`;
export const planName = (sync: string): string => `${sync}-plan`;
export const accountsName = (sync: string, index: number): string => `${sync}-accounts-${index}`;
/** Named by its content too: a piece is never overwritten. */
export const journalName = (sync: string, sha256: string, index: number): string =>
  `${sync}-journal-${sha256.slice("sha256:".length, "sha256:".length + 10)}-${index}`;
export const tableName = (sync: string, shards: number, index: number): string =>
  shards === 1 ? `${sync}-recipients` : `${sync}-recipients-${shards}-${index}`;

/** The routing ConfigMap of a MailDomain. */
export const routingName = (domain: string): string => `${domain}-routing`;

/** The metadata that every ConfigMap of this object must carry. */
export function contentMetadata(sync: O365Sync, name: string, role: Role): ObjectMeta {
  const labels: Record<string, string> = { [LABEL_ROLE]: role, [LABEL_SYNC]: sync.metadata.name };
  // The MailDomain controller finds a domain's lists by this label, also when their O365Sync is gone.
  if (role === "manifest" || role === "recipients") labels[LABEL_DOMAIN] = sync.spec.domainRef.name;
  return ownedMetadata(ownerOf(sync), name, labels);
}

/** Whether this object may write a ConfigMap that it found under one of its names. Without a role, any role will do. */
export function isOurs(sync: O365Sync, found: ConfigMap, role: Role | undefined): boolean {
  const labels: Record<string, string> = { [LABEL_SYNC]: sync.metadata.name };
  if (role !== undefined) labels[LABEL_ROLE] = role;
  return isOwned(ownerOf(sync), found, labels);
}

function ownerOf({ metadata, spec }: O365Sync): Owner {
  return { kind: "O365Sync", metadata, deletionPolicy: spec.output.deletionPolicy };
}
