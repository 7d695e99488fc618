/** From directory objects to accounts: the rules that decide which address belongs to whom. */
import { createHash } from "node:crypto";
import { Failure } from "../base/failure.ts";
import { isPauseDue, type Steps } from "../base/steps.ts";
import { type Claim, compareClaims } from "./claims.ts";
import { type Candidate, primaryOf, type Sifted, sift } from "./election.ts";
import { createLeftOut, type LeftOut, type LeftOutCollector } from "./left-out.ts";
import { clearMarks, createMarks, isAccountAlready, KEPT, LOSING, LOST, MAIL, MARKED, type Marks } from "./marks.ts";
import { type AccountType, type DirectoryObject, type DomainNames, SOURCES, type Source } from "./model.ts";
import { type AddressSet, createAddressSet } from "./packed/address-set.ts";
import { type Buckets, dealOut, NO_BUCKET } from "./packed/buckets.ts";
import { createRecords, MOST_RECORD_BYTES, type PackedRecord, type Records } from "./packed/records.ts";
import { ACCOUNT_TYPES, bucketsFor, type Roster, rosterFrom } from "./packed/roster.ts";
import { compilePatterns } from "./patterns.ts";
import {
  type DropReason,
  type NamedAs,
  parseAddress,
  type RawAddress,
  refuseMoreThanMost,
  smtpAddresses,
} from "./smtp-address.ts";
import { NONE_SUSPECTED, suspectedOf } from "./suspects.ts";
import type { Format } from "./tables/formats/formats.ts";
import { tellUncarried } from "./uncarried.ts";

export interface DeriveOptions {
  readonly names: DomainNames;
  /** fnmatch patterns on the whole lower-cased address. */
  readonly excludeRecords: readonly string[];
  readonly staticRecipients: readonly string[];
  /** That will be rendered: what one of them cannot carry is told. @default none */
  readonly formats?: readonly Format[];
}

export interface Derived {
  /** Sorted by address; each address stands once, as primary or as alias. */
  readonly accounts: Roster;
  /** Addresses of these domains that no gateway can carry, by reason; and mail-enabled groups that have no address yet. */
  readonly dropped: Readonly<Partial<Record<DropReason | "noAddress", number>>>;
  /** Addresses that stood on more than one object. */
  readonly conflicts: AddressSet;
  /** After excludes, before statics. */
  readonly tenantAccounts: number;
  /** The same by source. */
  readonly objects: Readonly<Record<Source, number>>;
  /** Addresses that a pattern left out. */
  readonly excluded: AddressSet;
  /** What of these domains is not among the accounts, and why. */
  readonly leftOut: LeftOut;
  /** Static recipients that are no address of these domains, as they were written. */
  readonly invalidStatics: readonly string[];
}

export interface Deriver {
  /** In any order; an object that comes twice (pages shift while they are read) keeps the addresses of both. */
  add(object: DirectoryObject): void;
  /** It can finish once. */
  finish(): Steps<Derived>;
}
const MARK: Readonly<Record<NamedAs, number>> = { SMTP: MARKED, smtp: 0, mail: MAIL };

/** The kind of a record is its place in ACCOUNT_TYPES, from the first page to the list. */
const TYPE_OF: Readonly<Record<Source, AccountType>> = {
  users: "mailbox",
  groups: "distributionList",
  contacts: "contact",
};
const KIND_OF = Object.fromEntries(
  SOURCES.map((source) => [source, ACCOUNT_TYPES.indexOf(TYPE_OF[source])]),
) as Readonly<Record<Source, number>>;
const kindOf = (source: Source): number => KIND_OF[source];
const sourceOf = (kind: number): Source => SOURCES.find((source) => kindOf(source) === kind) ?? "users";

/** Whatever a text's length is: a hundred thousand of them are kept. */
const shortNameOf = (text: string): string => createHash("sha256").update(text).digest("base64").slice(0, 22);

/** Whoever answers for a directory does not decide how much memory it takes. Throws Failure. */
function putWithin(candidates: Records, record: PackedRecord): void {
  refuseMoreThanMost(record.addresses.length);
  candidates.put(record);
  if (candidates.bytes() <= MOST_RECORD_BYTES) return;
  const message = "the directory has more recipients than one list can hold: split the domain";
  throw new Failure("stalled", "OutputTooLarge", message);
}

/** Objects that are told of once although they come twice; of more than these each coming counts. */
const MOST_REMEMBERED = 100_000;

export function createDeriver({ names, excludeRecords, staticRecipients, formats = [] }: DeriveOptions): Deriver {
  const domains = new Set([names.domain, ...names.aliasDomains.map(({ name }) => name)]);
  const candidates = createRecords();
  const dropped: Partial<Record<DropReason | "noAddress", number>> = {};

  const marks = createMarks();
  const leftOut = createLeftOut();
  const told = new Set<string>();

  function leaveOut(object: string, reason: DropReason | "noAddress", address?: string): void {
    const what = shortNameOf(`${object} ${address}`);
    if (told.has(what)) return;
    if (told.size < MOST_REMEMBERED) told.add(what);
    dropped[reason] = (dropped[reason] ?? 0) + 1;
    leftOut.add({ object, reason, ...(address === undefined ? {} : { address }) });
  }

  /** Every address that the object has, with what is known of it. */
  function marksOf(object: DirectoryObject, raws: readonly RawAddress[]): Marks {
    marks.clear();
    for (const { raw, as } of raws) {
      const parsed = parseAddress(raw);
      if ("dropped" in parsed) {
        // Where nobody can tell whose it is, it is told rather than forgotten.
        if (parsed.domain === undefined || domains.has(parsed.domain)) leaveOut(object.id, parsed.dropped, raw);
        continue;
      }
      const kept = domains.has(parsed.domain) ? KEPT : 0;
      marks.add(parsed.address, kept | MARK[as]);
    }
    return marks;
  }

  return {
    add(object) {
      const { id, source } = object;
      const raws = smtpAddresses(object);
      const marks = marksOf(object, raws);
      if (source === "groups" && raws.length === 0) leaveOut(id, "noAddress");
      // Whether it comes alone, first or last: what has no address of ours has no say.
      if (!marks.values.some((mark) => (mark & KEPT) !== 0)) return;
      let kind = kindOf(source);
      const index = candidates.find(id);
      if (index !== undefined) {
        const before = candidates.get(index);
        kind = Math.min(kind, before.kind);
        for (const [place, address] of before.addresses.entries()) marks.add(address, before.marks[place] ?? 0);
      }
      putWithin(candidates, { id, kind, addresses: marks.addresses, marks: marks.values });
    },

    *finish() {
      const { statics, invalid } = parseStatics(staticRecipients, domains);
      const conflicts = yield* settleConflicts(candidates, leftOut);
      const patternOf = compilePatterns(excludeRecords);
      const isExcluded = (address: string): boolean => patternOf(address) !== undefined;
      const hasRules = excludeRecords.length > 0 || statics.size > 0;
      const found = yield* toAccounts(candidates, { isExcluded, hasRules, statics, leftOut });
      for (const address of statics) {
        const kind = ACCOUNT_TYPES.indexOf("static");
        candidates.put({ id: `static:${address}`, kind, addresses: [address], marks: [] });
      }
      const accounts = yield* rosterFrom(candidates);
      if (formats.length > 0) yield* tellUncarried(accounts, names, formats, leftOut);
      return {
        accounts,
        dropped,
        conflicts,
        tenantAccounts: found.objects.users + found.objects.groups + found.objects.contacts,
        objects: found.objects,
        excluded: found.excluded,
        leftOut: yield* leftOut.finish(excludeRecords),
        invalidStatics: invalid,
      };
    },
  };
}

function candidateOf({ addresses, marks }: PackedRecord): Candidate {
  const having = (mark: number): string[] => addresses.filter((_, place) => ((marks[place] ?? 0) & mark) !== 0);
  const kept = addresses.filter((_, place) => ((marks[place] ?? 0) & (KEPT | LOST)) === KEPT);
  return { kept: new Set(kept), marked: having(MARKED), mails: having(MAIL) };
}

/** An address of a candidate. */
interface Holder {
  readonly index: number;
  readonly place: number;
}

/**
 * Gives every address that stands on several objects to one of them, and marks what the others lose. All at once, by the
 * primaries that stand before, so that no order of input matters. Answers the contested addresses. Looked at in parts:
 * a tenant may have all its addresses on several objects.
 */
function* settleConflicts(candidates: Records, leftOut: LeftOutCollector): Steps<AddressSet> {
  const { length, countOf } = candidates;
  const contested = createAddressSet();
  const addresses = yield* countAddresses(candidates);
  const isSuspect = yield* suspectedOf(candidates, addresses);
  if (isSuspect === NONE_SUSPECTED) return contested;
  const count = bucketsFor(addresses);
  const bucketAt = (index: number, place: number): number => {
    const hash = candidates.hashOfLocal(index, place);
    return (candidates.markOf(index, place) & KEPT) !== 0 && isSuspect(hash) ? hash % count : NO_BUCKET;
  };
  const buckets = yield* dealOut({ length, countOf, bucketAt }, count);
  const primaryPlaceOf = createPrimaries(candidates);
  for (let bucket = 0; bucket < count; bucket++) {
    for (const [address, holders] of yield* contestedIn(candidates, buckets, bucket)) {
      contested.add(address);
      yield* judgeHolders({ candidates, leftOut, primaryPlaceOf }, address, holders);
    }
  }
  for (let index = 0; contested.size > 0 && index < length; index++) {
    for (let place = 0; place < countOf(index); place++) {
      const mark = candidates.markOf(index, place);
      if ((mark & LOSING) !== 0) candidates.setMark(index, place, (mark & ~LOSING) | LOST);
      if (isPauseDue()) yield;
    }
  }
  return contested;
}

function* countAddresses({ length, countOf }: Records): Steps<number> {
  let addresses = 0;
  for (let index = 0; index < length; index++) {
    addresses += countOf(index);
    if (isPauseDue()) yield;
  }
  return addresses;
}

/** By address: all that have it, where they are several. */
function* contestedIn(candidates: Records, buckets: Buckets, bucket: number): Steps<Map<string, Holder[]>> {
  const contested = new Map<string, Holder[]>();
  const first = new Map<string, Holder>();
  for (let slot = buckets.start(bucket); slot < buckets.start(bucket + 1); slot++) {
    if (isPauseDue()) yield;
    const holder: Holder = { index: buckets.indexAt(slot), place: buckets.placeAt(slot) };
    const address = candidates.addressOf(holder.index, holder.place);
    const other = first.get(address);
    const known = contested.get(address);
    if (other === undefined) first.set(address, holder);
    else if (known === undefined) contested.set(address, [other, holder]);
    else known.push(holder);
  }
  return contested;
}

/** Where the primary of a candidate stands, -1 where it has none. Found once for each: one may contest thousands of addresses. */
function createPrimaries(candidates: Records): (index: number) => number {
  const UNKNOWN = -2;
  const places = new Int32Array(candidates.length).fill(UNKNOWN);
  return (index) => {
    const known = places[index] ?? UNKNOWN;
    if (known !== UNKNOWN) return known;
    const record = candidates.get(index);
    const primary = primaryOf(candidateOf(record));
    const place = primary === undefined ? -1 : record.addresses.indexOf(primary);
    places[index] = place;
    return place;
  };
}

interface Judging {
  readonly candidates: Records;
  readonly leftOut: LeftOutCollector;
  readonly primaryPlaceOf: (index: number) => number;
}

function* judgeHolders(
  { candidates, leftOut, primaryPlaceOf }: Judging,
  address: string,
  holders: Holder[],
): Steps<void> {
  let winner: (Claim & { readonly holder: Holder }) | undefined;
  for (const holder of holders) {
    const { index, place } = holder;
    const isPrimary = primaryPlaceOf(index) === place;
    const source = sourceOf(candidates.kindOf(index));
    const claim = { holder, isPrimary, source, id: candidates.idOf(index) };
    if (winner === undefined || compareClaims(claim, winner) < 0) winner = claim;
    if (isPauseDue()) yield;
  }
  for (const holder of holders) {
    if (isPauseDue()) yield;
    if (winner === undefined || holder === winner.holder) continue;
    const { index, place } = holder;
    candidates.setMark(index, place, candidates.markOf(index, place) | LOSING);
    leftOut.add({ address, object: candidates.idOf(index), reason: "conflict", keptBy: winner.id });
  }
}

const MOST_PLAIN = 4;
const NOTHING_EXCLUDED: ReadonlyMap<string, string> = new Map();

/** What `sift` says of an object whose only marked address is kept, as all others are: nearly every one. Undefined for any other. */
function plainly({ addresses, marks }: PackedRecord, isExcluded: (address: string) => boolean): Sifted | undefined {
  let primary: string | undefined;
  // A pattern may take long, and nobody pauses here.
  if (addresses.length > MOST_PLAIN) return undefined;
  for (const [place, address] of addresses.entries()) {
    const mark = marks[place] ?? 0;
    if ((mark & (KEPT | LOST)) !== KEPT || isExcluded(address)) return undefined;
    if ((mark & MARKED) === 0) continue;
    if (primary !== undefined) return undefined;
    primary = address;
  }
  if (primary === undefined) return undefined;
  const aliases = addresses.length === 1 ? [] : addresses.filter((each) => each !== primary).sort();
  return { primary, aliases, excluded: NOTHING_EXCLUDED };
}

interface TenantAccounts {
  readonly excluded: AddressSet;
  readonly objects: Record<Source, number>;
}

interface Sifting {
  readonly isExcluded: (address: string) => boolean;
  /** Whether there is any pattern, or any static recipient. */
  readonly hasRules: boolean;
  /** What the tenant has is taken away from them. */
  readonly statics: Set<string>;
  readonly leftOut: LeftOutCollector;
}

/** Puts an account in the place of each candidate that is one. */
function* toAccounts(candidates: Records, { isExcluded, hasRules, statics, leftOut }: Sifting): Steps<TenantAccounts> {
  const excluded = createAddressSet();
  const objects: Record<Source, number> = { users: 0, groups: 0, contacts: 0 };
  for (let index = 0; index < candidates.length; index++) {
    if (isPauseDue()) yield;
    if (!hasRules && isAccountAlready(candidates, index)) {
      clearMarks(candidates, index);
      objects[sourceOf(candidates.kindOf(index))]++;
      continue;
    }
    const record = candidates.get(index);
    const sifted = plainly(record, isExcluded) ?? (yield* sift(candidateOf(record), isExcluded));
    for (const [address, matched] of sifted.excluded) {
      excluded.add(address);
      leftOut.add({ address, object: record.id, reason: "excluded" }, matched);
    }
    if (sifted.primary === undefined) {
      candidates.remove(index);
      continue;
    }
    const addresses = [sifted.primary, ...sifted.aliases];
    for (const each of addresses) statics.delete(each);
    candidates.rewrite(index, { kind: record.kind, addresses, marks: [] });
    objects[sourceOf(record.kind)]++;
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
