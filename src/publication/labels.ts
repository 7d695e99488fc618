/** How the ConfigMaps of one O365Sync are labelled and owned. */
import { LABEL_DOMAIN, LABEL_ROLE, LABEL_SYNC } from "../api/group.ts";
import { changesName, historyName, leftOutName, planName } from "../api/names.ts";
import { isOwned, type Owner, ownedMetadata } from "../api/ownership.ts";
import type { O365Sync } from "../api/types.generated.ts";
import type { ConfigMap, ObjectMeta } from "../runtime/kube.ts";
import { MOST_MAPS } from "./changes-file.ts";

export type Role = "recipients" | "accounts" | "manifest" | "journal" | "history" | "plan" | "changes" | "left-out";

/** A ConfigMap that stands beside the list: what becomes of it decides about no address. */
export interface SideFile {
  readonly name: string;
  readonly role: Role;
}

export function sideFilesOf(sync: string): SideFile[] {
  const changes = Array.from({ length: MOST_MAPS }, (_, index) => changesName(sync, index));
  return [
    { name: historyName(sync), role: "history" },
    { name: planName(sync), role: "plan" },
    { name: leftOutName(sync), role: "left-out" },
    ...changes.map((name) => ({ name, role: "changes" as const })),
  ];
}

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
