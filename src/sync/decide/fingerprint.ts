/** Which parts of a spec and its MailDomain decide the accounts: a change of them needs the directory. Pure. */
import { createHash } from "node:crypto";
import type { MailDomain, O365Sync } from "../../api/types.generated.ts";

const digest = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);

/**
 * Two digests joined by "-": of the spec and of the MailDomain, so that a change tells where it came from.
 * Mirror domains are left out: they are rendered from the accounts without asking the tenant.
 */
export function accountsHash(object: O365Sync, domain: MailDomain): string {
  const { tenantId, cloud, sources, excludeRecords = [], staticRecipients = [] } = object.spec;
  const directoryDomains = (domain.spec.aliasDomains ?? [])
    .filter((alias) => alias.recipients === "Directory")
    .map((alias) => alias.name);
  const spec = [tenantId, cloud, sources.users, sources.groups, sources.contacts];
  return [
    digest([spec, [...excludeRecords].sort(), [...staticRecipients].sort()]),
    digest([domain.spec.domain, directoryDomains.sort()]),
  ].join("-");
}

/** What changed since a run was started for `before`: the object's own spec goes first. */
export function changedSince(before: string, after: string): "SpecChange" | "DomainChange" | undefined {
  if (before === after) return undefined;
  return before.split("-")[0] === after.split("-")[0] ? "DomainChange" : "SpecChange";
}

/** What the check that the tenant owns the domain was made for. */
export function ownershipHash(object: O365Sync, domain: MailDomain): string {
  const { tenantId, cloud, credentials } = object.spec;
  return digest([domain.spec.domain, tenantId, cloud, credentials ?? null]);
}

/** In its place: the check found that the domain is not the tenant's, */
export const NOT_OWNED = "";
/** or after that, that nobody may see whose it is. */
const UNKNOWN_OWNER = "unknown";

export type Ownership = { readonly kind: "verified"; readonly hash: string } | { readonly kind: "unverified" };

/** What the status keeps of a check; undefined: as before. */
export function hashAfter(before: string | undefined, found: Ownership | "not owned"): string | undefined {
  if (found === "not owned") return NOT_OWNED;
  if (found.kind === "verified") return found.hash;
  return before === NOT_OWNED ? UNKNOWN_OWNER : undefined;
}
