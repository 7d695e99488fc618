/** What additions may stand on: a tenant and names that a sync has looked at. Pure. */
import type { MailDomain, O365Sync } from "../../api/types.generated.ts";
import type { DomainNames } from "../../recipients/model.ts";
import { accountsHash } from "../decide/fingerprint.ts";

/**
 * Whether the tenant may be read in full for additions: a sync has read it for this very spec and found the domain to be
 * its own. Another `tenantId`, mistyped perhaps, would fill the list without anybody having looked.
 */
export function wasAcceptedBySync(object: O365Sync, domain: MailDomain): boolean {
  const { lastSync, accountsHash: before } = object.status ?? {};
  const isWhole = lastSync?.result !== undefined && lastSync.result !== "Failed";
  return isWhole && before === accountsHash(object, domain);
}

/** Published names without those that the spec gives up: what leaves by a plan takes nobody in meanwhile. */
export function namesStillWanted(published: DomainNames, wanted: DomainNames): DomainNames {
  const isWanted = ({ name, recipients }: DomainNames["aliasDomains"][number]): boolean =>
    wanted.aliasDomains.some((alias) => alias.name === name && alias.recipients === recipients);
  return { domain: published.domain, aliasDomains: published.aliasDomains.filter(isWanted) };
}

/** Mirror domains repeat every account, new ones too: one that leaves would take more with it than its plan has shown. */
export function leavesMirror(published: DomainNames, wanted: DomainNames): boolean {
  const still = namesStillWanted(published, wanted).aliasDomains;
  return published.aliasDomains.some((alias) => alias.recipients === "Mirror" && !still.includes(alias));
}
