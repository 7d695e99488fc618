/** Which of an object's addresses is its primary one: named by the directory, or else elected. Pure. */

import { isPauseDue, type Steps } from "../base/steps.ts";
import { localOf } from "./packed/buckets.ts";

/** An object with its addresses. */
export interface Candidate {
  /** Of our domains, and not lost to another object. */
  readonly kept: ReadonlySet<string>;
  /** Marked `SMTP:`, of our domains or not. */
  readonly marked: readonly string[];
  /** Standing in `mail`, of our domains or not. */
  readonly mails: readonly string[];
}

const first = (addresses: readonly string[]): string | undefined =>
  addresses.length < 2 ? addresses[0] : addresses.toSorted()[0];

/** The primary that the directory itself names: the marked one, else `mail`; undefined where neither is kept. */
export function namedPrimary({ kept, marked, mails }: Candidate): string | undefined {
  const among = (wanted: readonly string[]): string | undefined => first(wanted.filter((address) => kept.has(address)));
  return among(marked) ?? among(mails);
}

/** The named one; else the one named like the primary elsewhere, else the first by code point. */
export function primaryOf(candidate: Candidate): string | undefined {
  const { kept, marked, mails } = candidate;
  return namedPrimary(candidate) ?? namesakeOf(first(marked) ?? first(mails), kept) ?? first([...kept]);
}

/** The one with the local part of an address elsewhere. */
function namesakeOf(elsewhere: string | undefined, kept: ReadonlySet<string>): string | undefined {
  if (elsewhere === undefined) return undefined;
  const local = localOf(elsewhere);
  return first([...kept].filter((address) => localOf(address) === local));
}

export interface Sifted {
  /** Undefined: the object is no account. */
  readonly primary: string | undefined;
  readonly aliases: readonly string[];
  /** Addresses that a pattern left out, each with the address that the pattern matched. */
  readonly excluded: ReadonlyMap<string, string>;
}

/**
 * A pattern on the primary that the directory names leaves the whole object out. On any other address, an elected primary
 * too, it leaves out that address alone, and the next one is elected: nobody loses their mail because of an alias.
 */
export function* sift(candidate: Candidate, isExcluded: (address: string) => boolean): Steps<Sifted> {
  const named = namedPrimary(candidate);
  if (named !== undefined && isExcluded(named))
    return { primary: undefined, aliases: [], excluded: new Map([...candidate.kept].map((each) => [each, named])) };
  const excluded = new Map<string, string>();
  const kept = new Set<string>();
  for (const each of candidate.kept) {
    if (isExcluded(each)) excluded.set(each, each);
    else kept.add(each);
    if (isPauseDue()) yield;
  }
  const primary = primaryOf({ ...candidate, kept });
  return { primary, aliases: [...kept].filter((each) => each !== primary).sort(), excluded };
}
