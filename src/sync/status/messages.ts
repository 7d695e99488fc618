/** Sentences that people read in conditions, events, mails and history. No addresses, nothing volatile but numbers. */

import type { O365SyncStatus } from "../../api/types.generated.ts";
import type { Counts } from "../../publication/manifest.ts";
import type { ChangeCounts } from "../../recipients/model.ts";

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

/** Of Authorized while it is True. */
export const AUTHORIZED = "a token was obtained and carries every permission that spec.sources needs";

/** Comes last: what follows a link becomes part of it where it is clicked. */
export const consentLine = (consentUrl: string): string => `consent link: ${consentUrl}`;

type HeldViolation = NonNullable<O365SyncStatus["held"]>["violations"][number];

/** Fewer than are allowed only break a rule that asks for some at least. */
export const describeLimit = ({ limit, allowed, actual }: HeldViolation): string =>
  `${limit}: ${actual}, ${actual < allowed ? "at least" : "allowed"} ${allowed}`;
