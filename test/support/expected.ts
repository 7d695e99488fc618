/** What the tables must hold, computed from a company without the product's code: ten lines that a person can check. */
import type { Company } from "../../dev/tenant/company.ts";

/** Every address that a gateway accepts, sorted. Knows nothing of excludes, static recipients or dropped addresses but ASCII and blanks. */
export function expectedRecipients(
  company: Company,
  domain: string,
  directoryDomains: readonly string[] = [],
  mirrorDomains: readonly string[] = [],
): string[] {
  const found = new Set<string>();
  const groups = [...company.groups.values()].filter(({ mailEnabled }) => mailEnabled);
  for (const { mail, proxyAddresses } of [...company.users.values(), ...groups, ...company.contacts.values()]) {
    for (const raw of [`smtp:${mail}`, ...proxyAddresses]) {
      const address = /^smtp:(.*)$/i.exec(raw)?.[1]?.trim().toLowerCase() ?? "";
      const [, local = "", host = ""] = /^([!#-~]{1,64})@([a-z0-9.-]+)$/.exec(address) ?? [];
      if ([domain, ...directoryDomains, ...mirrorDomains].includes(host) && !local.includes('"')) found.add(address);
    }
  }
  const own = [...found].filter((address) => address.endsWith(`@${domain}`));
  for (const mirror of mirrorDomains) for (const address of own) found.add(`${address.split("@")[0]}@${mirror}`);
  for (const host of [domain, ...directoryDomains, ...mirrorDomains])
    found.add(`abuse@${host}`).add(`postmaster@${host}`);
  return [...found].sort();
}
