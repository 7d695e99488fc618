/** Accounts and names for the tests of recipients/: by hand, and drawn at random. */
import * as fc from "fast-check";
import type { Account, AliasDomain, DomainNames } from "../../../../src/recipients/model.ts";

export const NAMES: DomainNames = { domain: "example.com", aliasDomains: [] };

export function names(...aliasDomains: AliasDomain[]): DomainNames {
  return { domain: "example.com", aliasDomains };
}

export const mirror = (name: string): AliasDomain => ({ name, recipients: "Mirror" });
export const directory = (name: string): AliasDomain => ({ name, recipients: "Directory" });

/** A mailbox whose id follows from its address. */
export function mailbox(address: string, ...aliases: string[]): Account {
  return { id: `id-of-${address}`, address, type: "mailbox", aliases: aliases.sort() };
}

const aliasDomain = (name: string): fc.Arbitrary<AliasDomain[]> =>
  fc.constantFrom<AliasDomain[][]>([], [mirror(name)], [directory(name)]);

export const anyNames: fc.Arbitrary<DomainNames> = fc
  .tuple(aliasDomain("example.net"), aliasDomain("example.org"))
  .map(([net, org]) => names(...net, ...org));

/** Few local parts, so that two lists often share addresses; with those that formats stumble over. */
const LOCALS = ["a", "b", "c", "d", "e", "abuse", "postmaster", "#hash", "/slash", "x#y", "a,b", "p+q", "o'neil", "z"];
const address = fc
  .tuple(fc.constantFrom(...LOCALS), fc.constantFrom("example.com", "example.com", "example.net", "example.org"))
  .map(([local, domain]) => `${local}@${domain}`);

/** Each address stands once, as derive promises. */
export const anyAccounts: fc.Arbitrary<Account[]> = fc.uniqueArray(address, { maxLength: 30 }).chain((addresses) =>
  fc.array(fc.boolean(), { minLength: addresses.length, maxLength: addresses.length }).map((asAlias) => {
    const groups: string[][] = [];
    for (const [index, each] of addresses.entries()) {
      const last = groups.at(-1);
      if (asAlias[index] === true && last !== undefined) last.push(each);
      else groups.push([each]);
    }
    return groups.map(([primary = "", ...aliases]) => mailbox(primary, ...aliases));
  }),
);

/** `count` mailboxes with names that differ as people's do; the same on every call. */
export function manyMailboxes(count: number): Account[] {
  const syllables = ["ka", "mo", "ri", "ten", "sch", "lu", "ber", "nau", "fel", "dor", "win", "zim", "hof", "stein"];
  let state = 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % below;
  };
  const syllable = (): string => syllables[next(syllables.length)] ?? "";
  return Array.from({ length: count }, (_, index) => {
    const local = `${syllable()}${syllable()}.${syllable()}${syllable()}${next(100)}.${index}`;
    return mailbox(`${local}@example.com`);
  });
}
