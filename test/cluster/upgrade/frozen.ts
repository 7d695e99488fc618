/** What a release leaves in a cluster, frozen as files: everything that a later release must take over as it is. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import {
  type Company,
  createCompany,
  type DirectoryEntry,
  type Group,
  type User,
} from "../../../dev/tenant/company.ts";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import type { ConfigMap } from "../../../src/runtime/kube.ts";

export interface Frozen {
  /** When it was frozen, RFC 3339, by the clock of the operator. */
  readonly at: string;
  readonly company: Company;
  readonly domains: readonly MailDomain[];
  readonly syncs: readonly O365Sync[];
  readonly configMaps: readonly ConfigMap[];
}

interface Directory {
  readonly domains: readonly string[];
  readonly users: readonly User[];
  readonly groups: readonly Group[];
  readonly contacts: readonly DirectoryEntry[];
}

const FOLDER = fileURLToPath(new URL("../../data/upgrade", import.meta.url));

/** Of every release that was ever frozen, such as `v0.1.0`. */
export const RELEASES: readonly string[] = readdirSync(FOLDER).sort();

export function readFrozen(release: string): Frozen {
  const read = (name: string): unknown => parse(readFileSync(join(FOLDER, release, `${name}.yaml`), "utf8"));
  const { at } = read("about") as { at: string };
  return {
    at,
    company: restore(read("directory") as Directory),
    domains: read("maildomains") as MailDomain[],
    syncs: read("o365syncs") as O365Sync[],
    configMaps: read("configmaps") as ConfigMap[],
  };
}

export function writeFrozen(release: string, { at, company, domains, syncs, configMaps }: Frozen): string {
  const folder = join(FOLDER, release);
  mkdirSync(folder, { recursive: true });
  const files = {
    about: { release, at },
    directory: {
      domains: company.domains,
      users: [...company.users.values()],
      groups: [...company.groups.values()],
      contacts: [...company.contacts.values()],
    } satisfies Directory,
    maildomains: domains.map(portable),
    o365syncs: syncs.map(portable),
    configmaps: configMaps.map(portable),
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, `${name}.yaml`), stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }));
  }
  return folder;
}

/** Without what another cluster fills in. */
function portable({ metadata, ...rest }: ConfigMap | MailDomain | O365Sync): object {
  const { name, labels, annotations } = metadata;
  return { ...rest, metadata: { name, ...(labels && { labels }), ...(annotations && { annotations }) } };
}

function restore({ domains, users, groups, contacts }: Directory): Company {
  const company = createCompany(domains);
  for (const user of users) company.users.set(user.id, user);
  for (const group of groups) company.groups.set(group.id, group);
  for (const contact of contacts) company.contacts.set(contact.id, contact);
  return company;
}
