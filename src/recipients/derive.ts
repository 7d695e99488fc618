/** From directory objects to accounts: the rules that decide which address belongs to whom. */

import { isPauseDue, type Steps } from "../base/steps.ts";
import { type DropReason, parseAddress, smtpAddresses } from "./addresses.ts";
import { compilePatterns } from "./fnmatch.ts";
import type { AccountType, DirectoryObject, DomainNames, Source } from "./model.ts";
import { dealOut } from "./packed/buckets.ts";
import { createRecords, type PackedRecord, type Records } from "./packed/records.ts";
import { ACCOUNT_TYPES, bucketOf, bucketsFor, type Roster, rosterFrom } from "./packed/roster.ts";

export interface DeriveOptions {
  readonly names: DomainNames;
  /** fnmatch patterns on the whole lower-cased address. */
  readonly excludeRecords: readonly string[];
  readonly staticRecipients: readonly string[];
}

export interface Derived {
  /** Sorted by address; each address stands once, as primary or as alias. */
  readonly accounts: Roster;
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
  /** It can finish once. */
  finish(): Steps<Derived>;
}

/** What is known of an address of an object. */
const KEPT = 1; // of these domains
const MARKED = 2; // with `SMTP:`, whether of these domains or not
const MAIL = 4; // stands in `mail`
const LOST = 8; // to another object that has it too

/** An object that keeps at least one address of the domains. */
interface Candidate {
  readonly source: Source;
  readonly kept: ReadonlySet<string>;
  readonly marked: readonly string[];
  readonly mails: readonly string[];
}

const SOURCES: readonly Source[] = ["users", "groups", "contacts"];
/** By the place of a source in SOURCES, which is also its rank when an address is contested. */
const TYPES: readonly AccountType[] = ["mailbox", "distributionList", "contact"];

export function createDeriver({ names, excludeRecords, staticRecipients }: DeriveOptions): Deriver {
  const domains = new Set([names.domain, ...names.aliasDomains.map(({ name }) => name)]);
  const candidates = createRecords();
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

  /** Every address that the object has, with what is known of it. */
  function marksOf(object: DirectoryObject): Map<string, number> {
    const marks = new Map<string, number>();
    const mark = (address: string, what: number): void => void marks.set(address, (marks.get(address) ?? 0) | what);
    const seen = new Set<string>();
    for (const { raw, primary } of smtpAddresses(object)) {
      const parsed = parseAddress(raw);
      if ("dropped" in parsed) {
        // `mail` repeats an address of proxyAddresses: one address is counted once.
        if (isOurs(raw) && !seen.has(raw)) dropped[parsed.dropped] = (dropped[parsed.dropped] ?? 0) + 1;
        seen.add(raw);
        continue;
      }
      if (primary) mark(parsed.address, MARKED);
      if (domains.has(parsed.domain)) mark(parsed.address, KEPT);
    }
    const mail = object.mail === null ? undefined : parseAddress(object.mail);
    if (mail !== undefined && !("dropped" in mail)) mark(mail.address, MAIL);
    return marks;
  }

  return {
    add(object) {
      const { id, source } = object;
      const marks = marksOf(object);
      // Whether it comes alone, first or last: what has no address of ours has no say.
      if (![...marks.values()].some((mark) => (mark & KEPT) !== 0)) return;
      let kind = SOURCES.indexOf(source);
      const index = candidates.find(id);
      if (index !== undefined) {
        const known = candidates.get(index);
        kind = Math.min(kind, known.kind);
        for (const [place, address] of known.addresses.entries())
          marks.set(address, (marks.get(address) ?? 0) | (known.marks[place] ?? 0));
      }
      candidates.put({ id, kind, addresses: [...marks.keys()], marks: [...marks.values()] });
    },

    *finish() {
      const { statics, invalid } = parseStatics(staticRecipients, domains);
      const contested = yield* settleConflicts(candidates);
      const found = yield* toAccounts(candidates, compilePatterns(excludeRecords), statics);
      for (const address of statics) {
        const kind = ACCOUNT_TYPES.indexOf("static");
        candidates.put({ id: `static:${address}`, kind, addresses: [address], marks: [] });
      }
      return {
        accounts: yield* rosterFrom(candidates),
        dropped,
        conflicts: contested.sort(),
        tenantAccounts: found.objects.users + found.objects.groups + found.objects.contacts,
        objects: found.objects,
        excluded: found.excluded,
        invalidStatics: invalid,
      };
    },
  };
}

/** `without`: marks of addresses that do not count as kept. */
function candidateOf({ kind, addresses, marks }: PackedRecord, without: number): Candidate {
  const having = (mark: number): string[] => addresses.filter((_, place) => ((marks[place] ?? 0) & mark) !== 0);
  const kept = addresses.filter((_, place) => ((marks[place] ?? 0) & (KEPT | without)) === KEPT);
  return { source: SOURCES[kind] ?? "users", kept: new Set(kept), marked: having(MARKED), mails: having(MAIL) };
}

const first = (addresses: readonly string[]): string | undefined =>
  addresses.length < 2 ? addresses[0] : addresses.toSorted()[0];

/** The marked one, else `mail`, else the one named like the primary elsewhere, else the first by code point. */
function primaryOf({ kept, marked, mails }: Candidate): string | undefined {
  const among = (wanted: readonly string[]): string | undefined => first(wanted.filter((address) => kept.has(address)));
  return among(marked) ?? among(mails) ?? namesakeOf(first(marked) ?? first(mails), kept) ?? first([...kept]);
}

/** The one with the local part of an address elsewhere. */
function namesakeOf(elsewhere: string | undefined, kept: ReadonlySet<string>): string | undefined {
  if (elsewhere === undefined) return undefined;
  const local = elsewhere.slice(0, elsewhere.lastIndexOf("@") + 1);
  return first([...kept].filter((address) => address.startsWith(local)));
}

/** An address of a candidate. */
interface Holder {
  readonly index: number;
  readonly place: number;
}

/**
 * Gives every address that stands on several objects to one: whose primary it is, then user, group, contact, then the
 * lower id. All at once, by the primaries that stand before, so that no order of input matters. What the others lose is
 * marked. Answers the contested addresses.
 */
function* settleConflicts(candidates: Records): Steps<string[]> {
  const holders = yield* findContested(candidates);
  /** Found once for each: a candidate may contest thousands. */
  const primaries = new Map<number, string | undefined>();
  const primaryAt = (index: number): string | undefined => {
    if (!primaries.has(index)) primaries.set(index, primaryOf(candidateOf(candidates.get(index), 0)));
    return primaries.get(index);
  };
  const isBefore = (address: string, a: Holder, b: Holder): boolean => {
    const rank = ({ index }: Holder): number => (primaryAt(index) === address ? 0 : 10) + candidates.kindOf(index);
    const order = rank(a) - rank(b);
    return order === 0 ? candidates.idOf(a.index) < candidates.idOf(b.index) : order < 0;
  };
  for (const [address, contesting] of holders) {
    let [owner] = contesting;
    for (const holder of contesting) {
      if (owner !== undefined && holder !== owner && isBefore(address, holder, owner)) owner = holder;
      if (isPauseDue()) yield;
    }
    for (const holder of contesting) {
      const { index, place } = holder;
      if (holder !== owner) candidates.setMark(index, place, candidates.markOf(index, place) | LOST);
      if (isPauseDue()) yield;
    }
  }
  return [...holders.keys()];
}

/** By address: all that have it, where they are several. */
function* findContested(candidates: Records): Steps<Map<string, Holder[]>> {
  const addressAt = (index: number, place: number): string | undefined =>
    (candidates.markOf(index, place) & KEPT) === 0 ? undefined : candidates.addressOf(index, place);
  const { length, countOf } = candidates;
  let addresses = 0;
  for (let index = 0; index < length; index++) addresses += countOf(index);
  const count = bucketsFor(addresses);
  const buckets = yield* dealOut({ length, countOf, addressAt }, count, (local) => bucketOf(local, count));
  const holders = new Map<string, Holder[]>();
  for (let bucket = 0; bucket < count; bucket++) {
    const first = new Map<string, Holder>();
    for (let slot = buckets.start(bucket); slot < buckets.start(bucket + 1); slot++) {
      if (isPauseDue()) yield;
      const holder: Holder = { index: buckets.indexAt(slot), place: buckets.placeAt(slot) };
      const address = candidates.addressOf(holder.index, holder.place);
      const other = first.get(address);
      const known = holders.get(address);
      if (other === undefined) first.set(address, holder);
      else if (known === undefined) holders.set(address, [other, holder]);
      else known.push(holder);
    }
  }
  return holders;
}

interface TenantAccounts {
  readonly excluded: Set<string>;
  readonly objects: Record<Source, number>;
}

/**
 * Puts an account in the place of each candidate. An excluded primary leaves the whole account out, an excluded alias
 * only itself. What the tenant has is taken away from `statics`.
 */
function* toAccounts(
  candidates: Records,
  isExcluded: (address: string) => boolean,
  statics: Set<string>,
): Steps<TenantAccounts> {
  const excluded = new Set<string>();
  const objects: Record<Source, number> = { users: 0, groups: 0, contacts: 0 };
  for (let index = 0; index < candidates.length; index++) {
    if (isPauseDue()) yield;
    const record = candidates.get(index);
    const candidate = candidateOf(record, LOST);
    const address = primaryOf(candidate);
    if (address === undefined || isExcluded(address)) {
      for (const each of candidate.kept) excluded.add(each);
      candidates.remove(index);
      continue;
    }
    const aliases: string[] = [];
    for (const alias of candidate.kept) {
      if (isPauseDue()) yield;
      if (alias === address) continue;
      if (isExcluded(alias)) excluded.add(alias);
      else aliases.push(alias);
    }
    const addresses = [address, ...aliases.sort()];
    for (const each of addresses) statics.delete(each);
    const kind = ACCOUNT_TYPES.indexOf(TYPES[record.kind] ?? "mailbox");
    candidates.rewrite(index, { kind, addresses, marks: [] });
    objects[candidate.source]++;
  }
  return { excluded, objects };
}

function parseStatics(
  staticRecipients: readonly string[],
  domains: ReadonlySet<string>,
): { readonly statics: Set<string>; readonly invalid: string[] } {
  const statics = new Set<string>();
  const invalid: string[] = [];
  for (const raw of staticRecipients) {
    const parsed = parseAddress(raw);
    if ("dropped" in parsed || !domains.has(parsed.domain)) invalid.push(raw);
    else statics.add(parsed.address);
  }
  return { statics, invalid };
}
