/** Sentences that people read in conditions, events, mails and history. No addresses, nothing volatile but numbers. */
import { GROUP } from "../../api/group.ts";
import type { O365Sync } from "../../api/types.generated.ts";
import type { ChangeCounts } from "../../recipients/model.ts";
import type { Counts } from "../publication/manifest.ts";
import { planName } from "../publication/names.ts";

const annotate = (object: O365Sync, annotation: string, value: string): string =>
  `kubectl -n ${object.metadata.namespace} annotate o365syncs.${GROUP}/${object.metadata.name} ${GROUP}/${annotation}=${value} --overwrite`;

export const syncCommand = (object: O365Sync): string => annotate(object, "sync", "$(date +%s)");

export const approveCommand = (object: O365Sync, digest: string): string => annotate(object, "approve", digest);

export const planCommand = ({ metadata: { namespace, name } }: O365Sync): string =>
  `kubectl -n ${namespace} get configmap ${planName(name)} -o jsonpath='{.data.plan\\.txt}'`;

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

export function describeCounts(counts: Counts): string {
  return [
    plural(counts.accounts, "account", "accounts"),
    plural(counts.distributionLists, "of them a distribution list", "of them distribution lists"),
    plural(counts.aliases, "alias", "aliases"),
    plural(counts.addresses, "address accepted", "addresses accepted"),
  ].join(", ");
}

export function describeChanges(changes: ChangeCounts): string {
  if (changes.total === 0) return "no account or alias added or removed";
  const parts = [
    [changes.accountAdds, "account added", "accounts added"],
    [changes.accountDeletes, "account removed", "accounts removed"],
    [changes.aliasAdds, "alias added", "aliases added"],
    [changes.aliasDeletes, "alias removed", "aliases removed"],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => plural(count, one, many))
    .join(", ");
}

/** "2026-11-24 06:00 UTC" */
export const readableMinute = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** "2026-11-24 06:00:12 UTC" */
export const readableTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
