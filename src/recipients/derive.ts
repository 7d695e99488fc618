/** From directory objects to accounts: the rules that decide which address belongs to whom. */
import { type DropReason, parseAddress, smtpAddresses } from "./addresses.ts";
import { compilePatterns } from "./fnmatch.ts";
import type { Account, AccountType, DirectoryObject, DomainNames, Source } from "./model.ts";
import { byAddress } from "./revision.ts";

export interface DeriveOptions {
  readonly names: DomainNames;
  /** fnmatch patterns on the whole lower-cased address. */
  readonly excludeRecords: readonly string[];
  readonly staticRecipients: readonly string[];
}

export interface Derived {
  /** Sorted by address; each address stands once, as primary or as alias. */
  readonly accounts: readonly Account[];
  /** Addresses of these domains that no gateway can carry, by reason. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Addresses that stood on more than one object, sorted. */
  readonly conflicts: readonly string[];
  /** After excludes, before statics. */
  readonly tenantAccounts: number;
  /** The same by source. */
  readonly objects: Readonly<Record<Source, number>>;
  /** Addresses that a pattern left out. */
  readonly excluded: ReadonlySet<string>;
  /** Static recipients that are no address of these domains, as they were written. */
  readonly invalidStatics: readonly string[];
}

export interface Deriver {
  /** In any order; an object that comes twice (pages shift while they are read) keeps the addresses of both. */
  add(object: DirectoryObject): void;
  finish(): Derived;
}

/** An object that keeps at least one address of the domains. */
interface Candidate {
  readonly id: string;
  readonly source: Source;
  /** Of these domains; those that it loses to another object are taken away. */
  readonly kept: Set<string>;
  /** Marked `SMTP:`, whether of these domains or not. */
  readonly marked: Set<string>;
  readonly mails: Set<string>;
}

const TYPES: Readonly<Record<Source, AccountType>> = {
  users: "mailbox",
  groups: "distributionList",
  contacts: "contact",
};
const RANK: Readonly<Record<Source, number>> = { users: 0, groups: 1, contacts: 2 };

export function createDeriver({ names, excludeRecords, staticRecipients }: DeriveOptions): Deriver {
  const domains = new Set([names.domain, ...names.aliasDomains.map(({ name }) => name)]);
  const candidates = new Map<string, Candidate>();
  const dropped: Partial<Record<DropReason, number>> = {};

  const isOurs = (raw: string): boolean => {
    const at = raw.lastIndexOf("@");
    return (
      at === -1 ||
      domains.has(
        raw
          .slice(at + 1)
          .trim()
          .toLowerCase(),
      )
    );
  };

  return {
    add(object) {
      const { id, source } = object;
      const known = candidates.get(id);
      const candidate = known ?? { id, source, kept: new Set(), marked: new Set(), mails: new Set() };
      const seen = new Set<string>();
      for (const { raw, primary } of smtpAddresses(object)) {
        const parsed = parseAddress(raw);
        if ("dropped" in parsed) {
          // `mail` repeats an address of proxyAddresses: one address is counted once.
          if (isOurs(raw) && !seen.has(raw)) dropped[parsed.dropped] = (dropped[parsed.dropped] ?? 0) + 1;
          seen.add(raw);
          continue;
        }
        if (primary) candidate.marked.add(parsed.address);
        if (domains.has(parsed.domain)) candidate.kept.add(parsed.address);
      }
      const mail = object.mail === null ? undefined : parseAddress(object.mail);
      if (mail !== undefined && !("dropped" in mail)) candidate.mails.add(mail.address);
      if (candidate.kept.size > 0) candidates.set(id, candidate);
    },

    finish() {
      const conflicts = settleConflicts([...candidates.values()]);
      const { accounts, excluded, objects } = toAccounts(candidates.values(), compilePatterns(excludeRecords));
      const tenantAccounts = accounts.length;
      const { statics, invalid } = toStatics(staticRecipients, domains, accounts);
      return {
        accounts: [...accounts, ...statics].sort(byAddress),
        dropped,
        conflicts: conflicts.sort(),
        tenantAccounts,
        objects,
        excluded,
        invalidStatics: invalid,
      };
    },
  };
}

const first = (addresses: Iterable<string>): string | undefined => [...addresses].sort()[0];

/** The marked one, else `mail`, else the one named like the primary elsewhere, else the first by code point. */
function primaryOf({ kept, marked, mails }: Candidate): string | undefined {
  const among = (wanted: Iterable<string>): string | undefined =>
    first([...wanted].filter((address) => kept.has(address)));
  const elsewhere = first(marked) ?? first(mails);
  const local = elsewhere?.slice(0, elsewhere.lastIndexOf("@") + 1);
  const namesake = local === undefined ? undefined : first([...kept].filter((address) => address.startsWith(local)));
  return among(marked) ?? among(mails) ?? namesake ?? first(kept);
}

/**
 * Gives every address that stands on several objects to one: whose primary it is, then user, group, contact, then the
 * lower id. All at once, by the primaries that stand before, so that no order of input matters. Answers those addresses.
 */
function settleConflicts(candidates: readonly Candidate[]): string[] {
  const holders = new Map<string, Candidate | Candidate[]>();
  const contested = new Set<string>();
  for (const candidate of candidates) {
    for (const address of candidate.kept) {
      const other = holders.get(address);
      if (other === undefined) {
        holders.set(address, candidate);
      } else {
        holders.set(address, [other, candidate].flat());
        contested.add(address);
      }
    }
  }
  const primaries = new Map<Candidate, string | undefined>();
  for (const address of contested) {
    for (const holder of [holders.get(address) ?? []].flat()) primaries.set(holder, primaryOf(holder));
  }
  for (const address of contested) {
    const rank = (holder: Candidate): number => (primaries.get(holder) === address ? 0 : 10) + RANK[holder.source];
    const [, ...losers] = [holders.get(address) ?? []]
      .flat()
      .sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
    for (const loser of losers) loser.kept.delete(address);
  }
  return [...contested];
}

interface TenantAccounts {
  readonly accounts: Account[];
  readonly excluded: Set<string>;
  readonly objects: Record<Source, number>;
}

/** An excluded primary leaves the whole account out, an excluded alias only itself. */
function toAccounts(candidates: Iterable<Candidate>, isExcluded: (address: string) => boolean): TenantAccounts {
  const accounts: Account[] = [];
  const excluded = new Set<string>();
  const objects: Record<Source, number> = { users: 0, groups: 0, contacts: 0 };
  for (const candidate of candidates) {
    const address = primaryOf(candidate);
    if (address === undefined) continue;
    if (isExcluded(address)) {
      for (const each of candidate.kept) excluded.add(each);
      continue;
    }
    const aliases: string[] = [];
    for (const alias of candidate.kept) {
      if (alias === address) continue;
      if (isExcluded(alias)) excluded.add(alias);
      else aliases.push(alias);
    }
    accounts.push({ id: candidate.id, address, type: TYPES[candidate.source], aliases: aliases.sort() });
    objects[candidate.source]++;
  }
  return { accounts, excluded, objects };
}

function toStatics(
  staticRecipients: readonly string[],
  domains: ReadonlySet<string>,
  accounts: readonly Account[],
): { readonly statics: Account[]; readonly invalid: string[] } {
  const taken = new Set(accounts.flatMap(({ address, aliases }) => [address, ...aliases]));
  const statics: Account[] = [];
  const invalid: string[] = [];
  for (const raw of staticRecipients) {
    const parsed = parseAddress(raw);
    if ("dropped" in parsed || !domains.has(parsed.domain)) {
      invalid.push(raw);
    } else if (!taken.has(parsed.address)) {
      taken.add(parsed.address);
      statics.push({ id: `static:${parsed.address}`, address: parsed.address, type: "static", aliases: [] });
    }
  }
  return { statics, invalid };
}
