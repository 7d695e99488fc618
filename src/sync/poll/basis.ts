/** What additions may stand on: a tenant and names that a sync has looked at. Pure. */
import { tenantOf } from "../../api/indexers.ts";
import type { MailDomain, O365Sync } from "../../api/types.generated.ts";
import type { Manifest } from "../../publication/manifest.ts";
import type { DomainNames } from "../../recipients/model.ts";
import { accountsHash, NOT_OWNED } from "../decide/fingerprint.ts";

/**
 * Whether the tenant may be read in full for additions: the last sync was for this very spec and did not fail, and the
 * list that stands came from this tenant. Another `tenantId`, mistyped perhaps, would fill the list without anybody having
 * looked: that its plan is held is no yes.
 */
export function wasAcceptedBySync(object: O365Sync, domain: MailDomain, { current }: Manifest): boolean {
  if (object.status?.accountsHash !== accountsHash(object, domain)) return false;
  return succeeded(object) || (object.status.lastSync?.result === "Held" && isOfTenant(object, current));
}

/**
 * Whether a place that the manifest keeps is one of this list: who may write there can name any tenant in it. The status
 * vouches for whose list stands, and tells whether a sync took over what this tenant has.
 */
export function mayGoOnFrom(object: O365Sync, domain: MailDomain, { current }: Manifest): boolean {
  if (isOfTenant(object, current)) return true;
  return succeeded(object) && object.status?.accountsHash === accountsHash(object, domain);
}

const succeeded = ({ status }: O365Sync): boolean =>
  status?.lastSync?.result === "Published" || status?.lastSync?.result === "Unchanged";
const isOfTenant = (object: O365Sync, current: Manifest["current"]): boolean => current?.tenant === tenantOf(object);

/**
 * The last check found that the domain is not the tenant's: nothing that it tells is believed until one finds otherwise.
 * Where an older version wrote the status, its last sync alone says so.
 */
export const isDisowned = ({ status }: O365Sync): boolean =>
  status?.verifiedHash === NOT_OWNED ||
  (status?.lastSync?.result === "Failed" && status.lastSync.reason === "DomainNotInTenant");

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
