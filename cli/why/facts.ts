/** What can be known of one address, from the objects and ConfigMaps of the namespaces that the caller may read. */
import { claimedNames } from "../../src/api/indexers.ts";
import { routingName } from "../../src/api/names.ts";
import type { MailDomain, O365Sync } from "../../src/api/types.generated.ts";
import type { AccountType } from "../../src/recipients/model.ts";
import { parseRelayDomains, RELAY_DOMAINS_KEY } from "../../src/recipients/tables/routing.ts";
import { type Arrival, lastChange } from "../read/changes.ts";
import { type LeftOut, leftOutOf } from "../read/left-out.ts";
import { accountsOf, isListed, type PublishedList, readList } from "../read/list.ts";
import { type Fate, fateInPlan } from "../read/plan.ts";
import { getConfigMap, listDomains, listSyncs, type Session } from "../session.ts";

export interface Owner {
  readonly id: string;
  /** The primary address of its account. */
  readonly address: string;
  readonly type: AccountType;
  readonly how: "primary" | "alias" | "mirrored";
}

/** What one MailDomain and its O365Sync say of the address. */
export interface DomainFacts {
  readonly namespace: string;
  readonly mailDomain: string;
  /** As which of its names the MailDomain has the address's domain. */
  readonly name: "domain" | "Directory" | "Mirror";
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
  /** When what stands was published; undefined while nothing is. */
  readonly publishedAt: string | undefined;
  /** Whether a table has it; undefined where only accounts are published. */
  readonly listed: boolean | undefined;
  readonly owner: Owner | undefined;
  readonly leftOut: readonly LeftOut[];
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
  return Promise.all(claiming.map((domain) => factsOf(session, address, domain, syncs)));
}

async function factsOf(
  session: Session,
  address: Address,
  domain: MailDomain,
  syncs: readonly O365Sync[],
): Promise<DomainFacts> {
  const { namespace = "", name } = domain.metadata;
  const sync = syncs.find(({ metadata, spec }) => metadata.namespace === namespace && spec.domainRef.name === name);
  const routing = await getConfigMap(session, namespace, routingName(name));
  const alias = domain.spec.aliasDomains?.find((each) => each.name === address.domain);
  const ready = domain.status?.conditions?.find(({ type }) => type === "Ready");
  return {
    namespace,
    mailDomain: name,
    name: alias?.recipients ?? "domain",
    routed: parseRelayDomains(routing?.data?.[RELAY_DOMAINS_KEY]).includes(address.domain),
    routing: ready?.message ?? "nothing is known of it yet",
    ...(sync === undefined ? {} : { sync: await syncFacts(session, address, domain, sync) }),
  };
}

async function syncFacts(session: Session, address: Address, domain: MailDomain, sync: O365Sync): Promise<SyncFacts> {
  const list = await readList(session, sync);
  const listed = list === undefined ? false : await isListed(session, list, address.address);
  const ready = sync.status?.conditions?.find(({ type }) => type === "Ready");
  const { held } = sync.status ?? {};
  return {
    name: sync.metadata.name,
    ready: { status: ready?.status ?? "Unknown", reason: ready?.reason ?? "", message: ready?.message ?? "" },
    suspended: sync.spec.suspend,
    lastSuccessfulTime: sync.status?.lastSuccessfulTime,
    next: sync.status?.schedule?.next,
    publishedAt: list?.publication.time,
    listed,
    // Half a million accounts are read only where there is one to be found.
    owner: list === undefined || listed === false ? undefined : await findOwner(session, list, address, domain),
    leftOut: await leftOutOf(session, sync, address.address),
    arrival: await lastChange(session, sync, address.address),
    held:
      held === undefined
        ? undefined
        : { digest: held.planDigest, since: held.since, fate: await fateInPlan(session, sync, address.address) },
  };
}

/** The account behind an address: its own, else the one whose address a Mirror domain repeats. */
async function findOwner(
  session: Session,
  list: PublishedList,
  { address, local, domain }: Address,
  { spec }: MailDomain,
): Promise<Owner | undefined> {
  const isMirror = list.publication.aliasDomains.some(
    ({ name, recipients }) => name === domain && recipients === "Mirror",
  );
  const original = isMirror ? `${local}@${spec.domain}` : undefined;
  let mirrored: Owner | undefined;
  for await (const account of accountsOf(session, list)) {
    const { id, type, aliases } = account;
    if (account.address === address) return { id, address, type, how: "primary" };
    if (aliases.includes(address)) return { id, address: account.address, type, how: "alias" };
    if (original !== undefined && (account.address === original || aliases.includes(original)))
      mirrored = { id, address: account.address, type, how: "mirrored" };
  }
  return mirrored;
}
