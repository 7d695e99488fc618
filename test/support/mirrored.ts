/** A company whose addresses stand once more in each of many Mirror domains: a small tenant that becomes a large list. */
import { type Company, createCompany } from "../../dev/tenant/company.ts";

const MIRRORS = 50;

/** The spec of a MailDomain for it. */
export const MIRRORED = {
  domain: "a.ex",
  aliasDomains: Array.from({ length: MIRRORS }, (_, index) => ({
    name: `m${index}.ex`,
    recipients: "Mirror" as const,
  })),
};

export function mirroredCompany(accounts: number): Company {
  const found = createCompany([MIRRORED.domain]);
  for (let index = 0; index < accounts; index++) found.hire(`u${index}@${MIRRORED.domain}`);
  return found;
}
