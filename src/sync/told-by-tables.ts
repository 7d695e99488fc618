/** What the tables of an O365Sync tell of its list where no manifest does: somebody deleted, damaged or edited that. */
import { claimedNames } from "../api/indexers.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { inSlices } from "../base/slices.ts";
import type { ConfigMaps } from "../publication/configmaps.ts";
import { tablesAmong } from "../publication/inspect.ts";
import type { AliasDomain } from "../recipients/model.ts";
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
  const locals = new Map<string, Set<string>>([domain.spec.domain, ...names].map((name) => [name, new Set()]));
  for (const { name } of tables) {
    const found = await maps.read(object, name, "recipients", signal);
    for (const address of found === undefined ? [] : await inSlices(parseTables(found.object), signal)) {
      const at = address.lastIndexOf("@");
      locals.get(address.slice(at + 1))?.add(address.slice(0, at));
    }
  }
  const own = [...(locals.get(domain.spec.domain) ?? [])];
  return names.flatMap((name): AliasDomain[] => {
    const there = locals.get(name);
    if (there === undefined || there.size === 0) return [];
    return [{ name, recipients: own.every((local) => there.has(local)) ? "Mirror" : "Directory" }];
  });
}
