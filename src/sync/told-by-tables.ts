/** What the tables of an O365Sync tell of its list where no manifest does: somebody deleted, damaged or edited that. */
import { claimedNames } from "../api/indexers.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { inSlices } from "../base/slices.ts";
import { isPauseDue, type Steps } from "../base/steps.ts";
import type { ConfigMaps } from "../publication/configmaps.ts";
import { tablesAmong } from "../publication/inspect.ts";
import type { AliasDomain } from "../recipients/model.ts";
import {
  type AddressSet,
  type AddressSetBuilder,
  createAddressSet,
  domainPartOf,
} from "../recipients/packed/address-set.ts";
import { parseTables } from "../recipients/tables/render.ts";

type Table = Parameters<typeof parseTables>[0];

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
    other = await inSlices(domainIn(found.object, wanted, other), signal);
    if (other === wanted) return wanted;
  }
  return other;
}

/** `wanted` where there is any of it, else the one whose postmaster stands here, else the one that was found before, or any. */
function* domainIn(table: Table, wanted: string, before: string | undefined): Steps<string | undefined> {
  let other = before;
  for (const address of yield* parseTables(table)) {
    const domain = domainPartOf(address);
    if (domain === wanted) return wanted;
    if (other === undefined || address.startsWith("postmaster@")) other = domain;
    if (isPauseDue()) yield;
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
    if (found !== undefined) await inSlices(addAccepted(accepted, found.object, relevant), signal);
  }
  return inSlices(aliasDomainsAmong(accepted, domain.spec.domain, names), signal);
}

function* addAccepted(accepted: AddressSetBuilder, table: Table, domains: ReadonlySet<string>): Steps<void> {
  for (const address of yield* parseTables(table)) {
    if (domains.has(domainPartOf(address))) accepted.add(address);
    if (isPauseDue()) yield;
  }
}

/** Those of `names` that have an address here: a Mirror is one that has each local part of `domain`. */
function* aliasDomainsAmong(accepted: AddressSet, domain: string, names: readonly string[]): Steps<AliasDomain[]> {
  const present = new Set<string>();
  const lacking = new Set<string>();
  for (const { domains } of accepted.byLocal()) {
    if (isPauseDue()) yield;
    // Where all of them are Mirrors, each local part has them all.
    if (domains.length === names.length + 1 && present.size === names.length) continue;
    const has = new Set(domains);
    const isOfDomain = has.has(domain);
    for (const name of names) {
      if (has.has(name)) present.add(name);
      else if (isOfDomain) lacking.add(name);
    }
  }
  return names
    .filter((name) => present.has(name))
    .map((name) => ({ name, recipients: lacking.has(name) ? "Directory" : "Mirror" }));
}
