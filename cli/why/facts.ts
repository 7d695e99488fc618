/** What can be known of one address, from the objects and ConfigMaps of the namespaces that the caller may read. */

import { LABEL_ROLE } from "../../src/api/group.ts";
import { claimedNames } from "../../src/api/indexers.ts";
import { routingName } from "../../src/api/names.ts";
import type { MailDomain, O365Sync } from "../../src/api/types.generated.ts";
import type { LeftOutEntry } from "../../src/recipients/left-out.ts";
import type { AccountType } from "../../src/recipients/model.ts";
import { compilePatterns } from "../../src/recipients/patterns.ts";
import type { Dropped } from "../../src/recipients/smtp-address.ts";
import { isCarriedBy } from "../../src/recipients/tables/formats/formats.ts";
import { parseRelayDomains, RELAY_DOMAINS_KEY } from "../../src/recipients/tables/routing.ts";
import { CONFIG_MAP } from "../../src/runtime/kube.ts";
import { CommandError } from "../command-error.ts";
import { type Arrival, lastChange } from "../read/changes.ts";
import { entriesOf, readLeftOut } from "../read/left-out.ts";
import { accountsWith, isListed, type PublishedList, readList } from "../read/list.ts";
import { type Fate, fateInPlan } from "../read/plan.ts";
import { getConfigMap, listAll, listDomains, listSyncs, type Session } from "../session.ts";

export interface Owner {
  readonly id: string;
  /** The primary address of its account. */
  readonly address: string;
  readonly type: AccountType;
  readonly how: "primary" | "alias" | "mirrored";
}

/** What one MailDomain and one of its O365Syncs say of the address. */
export interface DomainFacts {
  readonly namespace: string;
  readonly mailDomain: string;
  readonly routed: boolean;
  /** What the MailDomain's condition Ready says. */
  readonly routing: string;
  readonly sync?: SyncFacts;
}

export interface SyncFacts {
  readonly name: string;
  readonly ready: { readonly status: string; readonly reason: string; readonly message: string };
  readonly suspended: boolean;
  readonly lastSuccessfulTime: string | undefined;
  readonly next: string | undefined;
  /** Collections of the tenant that it reads. */
  readonly sources: readonly string[];
  /** When what stands was published; undefined while nothing is. */
  readonly publishedAt: string | undefined;
  /** Whether a table has it; undefined where only accounts are published. */
  readonly listed: boolean | undefined;
  /** Whether a table could have it. */
  readonly carried: boolean;
  readonly owner: Owner | undefined;
  /** The address of the domain that this one repeats in a Mirror domain. */
  readonly original: string | undefined;
  readonly leftOut: {
    /** Of the address, and of its original. */
    readonly entries: readonly LeftOutEntry[];
    readonly more: number;
    readonly damaged: boolean;
    /** Of spec.excludeRecords as it is now: what it would leave out, whoever has it. */
    readonly pattern: string | undefined;
  };
  readonly arrival: Arrival | undefined;
  readonly held: { readonly digest: string; readonly since: string; readonly fate: Fate } | undefined;
}

export interface Address {
  /** Lower-case. */
  readonly address: string;
  readonly local: string;
  readonly domain: string;
}

/** In every MailDomain that names the address's domain. */
export async function gatherFacts(session: Session, address: Address): Promise<DomainFacts[]> {
  const [domains, syncs] = await Promise.all([listDomains(session), listSyncs(session)]);
  const claiming = domains.filter((domain) => claimedNames(domain).includes(address.domain));
  const found: DomainFacts[] = [];
  // One after the other: of half a million addresses each takes some memory.
  for (const domain of claiming) found.push(...(await factsOf(session, address, domain, syncs)));
  return found;
}

/** Where MailDomains are gone and what they published is left: ConfigMaps that still route the domain, `namespace/name`. */
export async function leftRoutes(session: Session, { domain }: Address): Promise<string[]> {
  const found = await listAll(session, CONFIG_MAP, { labelSelector: `${LABEL_ROLE}=routing` }).catch(
    (error: unknown) => {
      // Who may not list them is told what the objects say.
      if (error instanceof CommandError) return [];
      throw error;
    },
  );
  return found
    .filter(({ data }) => parseRelayDomains(data?.[RELAY_DOMAINS_KEY]).includes(domain))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

/** What was left out of the tenant's own spelling of an address that is none. */
export interface DroppedFacts {
  readonly namespace: string;
  readonly mailDomain: string;
  readonly sync: string;
  readonly entries: readonly LeftOutEntry[];
}

/** Where nobody can tell whose it is, in every MailDomain. */
export async function gatherDropped(session: Session, text: string, { domain }: Dropped): Promise<DroppedFacts[]> {
  const [domains, syncs] = await Promise.all([listDomains(session), listSyncs(session)]);
  const found: DroppedFacts[] = [];
  for (const each of domains) {
    if (domain !== undefined && !claimedNames(each).includes(domain)) continue;
    const { namespace = "", name: mailDomain } = each.metadata;
    for (const sync of syncsOf(each, syncs)) {
      const entries = entriesOf(await readLeftOut(session, sync), [text]);
      if (entries.length > 0) found.push({ namespace, mailDomain, sync: sync.metadata.name, entries });
    }
  }
  return found;
}

const syncsOf = ({ metadata: { namespace, name } }: MailDomain, syncs: readonly O365Sync[]): O365Sync[] =>
  syncs.filter(({ metadata, spec }) => metadata.namespace === namespace && spec.domainRef.name === name);

async function factsOf(
  session: Session,
  address: Address,
  domain: MailDomain,
  syncs: readonly O365Sync[],
): Promise<DomainFacts[]> {
  const { namespace = "", name } = domain.metadata;
  const routing = await getConfigMap(session, namespace, routingName(name));
  const ready = domain.status?.conditions?.find(({ type }) => type === "Ready");
  const facts: DomainFacts = {
    namespace,
    mailDomain: name,
    routed: parseRelayDomains(routing?.data?.[RELAY_DOMAINS_KEY]).includes(address.domain),
    routing: ready?.message ?? "nothing is known of it yet",
  };
  const found: DomainFacts[] = [];
  for (const sync of syncsOf(domain, syncs))
    found.push({ ...facts, sync: await syncFacts(session, address, domain, sync) });
  return found.length > 0 ? found : [facts];
}

async function syncFacts(session: Session, address: Address, domain: MailDomain, sync: O365Sync): Promise<SyncFacts> {
  const { spec, status } = sync;
  const list = await readList(session, sync);
  const listed = list === undefined ? false : await isListed(session, list, address.address);
  const original = originalOf(address, list?.publication ?? { ...domain.spec, aliasDomains: domain.spec.aliasDomains });
  const both = original === undefined ? [address.address] : [address.address, original];
  // Half a million accounts are read only where there is one to be found.
  const owner = list === undefined || listed === false ? undefined : await findOwner(session, list, both);
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const leftOut = await readLeftOut(session, sync);
  const { sources, excludeRecords = [], output } = spec;
  const tables = output.formats.filter((format) => format !== "aliases");
  return {
    name: sync.metadata.name,
    ready: { status: ready?.status ?? "Unknown", reason: ready?.reason ?? "", message: ready?.message ?? "" },
    suspended: spec.suspend,
    lastSuccessfulTime: status?.lastSuccessfulTime,
    next: status?.schedule?.next,
    sources: (["users", "groups", "contacts"] as const).filter((source) => sources[source]),
    publishedAt: list?.publication.time,
    listed,
    carried: tables.length === 0 || tables.some((format) => isCarriedBy(format, address.address, address.address)),
    owner,
    original,
    leftOut: {
      entries: entriesOf(leftOut, both),
      more: leftOut.more,
      damaged: leftOut.damaged,
      pattern: compilePatterns(excludeRecords)(address.address),
    },
    arrival: await lastChange(session, sync, owner === undefined ? both : [ownedAddress(address, owner, original)]),
    held: await heldFacts(session, sync, address, original),
  };
}

async function heldFacts(
  session: Session,
  sync: O365Sync,
  { address }: Address,
  original: string | undefined,
): Promise<SyncFacts["held"]> {
  const { held } = sync.status ?? {};
  if (held === undefined) return undefined;
  return { digest: held.planDigest, since: held.since, fate: await fateInPlan(session, sync, address, original) };
}

const ownedAddress = ({ address }: Address, { how }: Owner, original: string | undefined): string =>
  how === "mirrored" ? (original ?? address) : address;

interface Names {
  readonly domain: string;
  readonly aliasDomains?: readonly { readonly name: string; readonly recipients: string }[] | undefined;
}

function originalOf({ local, domain }: Address, names: Names): string | undefined {
  const isMirror = names.aliasDomains?.some(({ name, recipients }) => name === domain && recipients === "Mirror");
  return isMirror === true ? `${local}@${names.domain}` : undefined;
}

/** The account behind an address: its own, else the one whose address a Mirror domain repeats. */
async function findOwner(
  session: Session,
  list: PublishedList,
  [address, original]: readonly string[],
): Promise<Owner | undefined> {
  if (address === undefined) return undefined;
  let mirrored: Owner | undefined;
  const wanted = original === undefined ? [address] : [address, original];
  for await (const { id, type, address: primary, aliases } of accountsWith(session, list, wanted)) {
    if (primary === address) return { id, address: primary, type, how: "primary" };
    if (aliases.includes(address)) return { id, address: primary, type, how: "alias" };
    if (original !== undefined && (primary === original || aliases.includes(original)))
      mirrored = { id, address: primary, type, how: "mirrored" };
  }
  return mirrored;
}
