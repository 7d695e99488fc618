/** What the tables of an O365Sync tell of its list where no manifest does: somebody deleted, damaged or edited that. */
import { claimedNames } from "../api/indexers.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { inSlices } from "../base/slices.ts";
import { isPauseDue, type Steps } from "../base/steps.ts";
import type { ConfigMaps } from "../publication/configmaps.ts";
import { tablesAmong } from "../publication/inspect.ts";
import type { AliasDomain } from "../recipients/model.ts";
import { type AddressSet, createAddressSet, domainPartOf } from "../recipients/packed/address-set.ts";
import { localOf } from "../recipients/packed/buckets.ts";
import { parseTables } from "../recipients/tables/render.ts";

/**
 * The domain whose recipients stand in the tables of this object, where no manifest tells it: `wanted` where they have
 * any of it. Undefined where there are none.
 */
export async function domainOfTables(
  maps: ConfigMaps,
  object: O365Sync,
  wanted: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  let other: string | undefined;
  for (const { name } of tablesAmong(object, maps.known(object))) {
    const found = await maps.read(object, name, "recipients", signal);
    if (found === undefined) continue;
    for (const address of await inSlices(parseTables(found.object), signal)) {
      const [local = "", domain = ""] = address.split("@");
      if (domain === wanted) return wanted;
      if (other === undefined || local === "postmaster") other = domain;
    }
  }
  return other;
}

/**
 * Alias domains that the tables carry and the MailDomain no longer claims, as far as it routes them (`routed`). One whose
 * recipients are all of the domain is a Mirror.
 */
export async function aliasDomainsOfTables(
  maps: ConfigMaps,
  object: O365Sync,
  domain: MailDomain,
  routed: () => Promise<readonly string[]>,
  signal: AbortSignal,
): Promise<AliasDomain[]> {
  const tables = tablesAmong(object, maps.known(object));
  if (tables.length === 0) return [];
  const claimed = claimedNames(domain);
  const names = (await routed()).filter((name) => !claimed.includes(name));
  if (names.length === 0) return [];
  const relevant = new Set([domain.spec.domain, ...names]);
  const accepted = createAddressSet();
  for (const { name } of tables) {
    const found = await maps.read(object, name, "recipients", signal);
    for (const address of found === undefined ? [] : await inSlices(parseTables(found.object), signal)) {
      if (relevant.has(domainPartOf(address))) accepted.add(address);
    }
  }
  return inSlices(aliasDomainsAmong(accepted, domain.spec.domain, names), signal);
}

/** Those of `names` that have an address here: a Mirror is one that has each local part of `domain`. */
function* aliasDomainsAmong(accepted: AddressSet, domain: string, names: readonly string[]): Steps<AliasDomain[]> {
  const present = new Set<string>();
  const lacking = new Set<string>();
  for (const address of accepted) {
    const name = domainPartOf(address);
    if (name !== domain) present.add(name);
    else {
      const local = localOf(address);
      for (const other of names) if (!accepted.has(`${local}@${other}`)) lacking.add(other);
    }
    if (isPauseDue()) yield;
  }
  return names
    .filter((name) => present.has(name))
    .map((name) => ({ name, recipients: lacking.has(name) ? "Directory" : "Mirror" }));
}
