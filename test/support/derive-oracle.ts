/** What the contract says of a directory, written from its words alone and as plainly as it goes: an oracle for derive. */
import type { Account, DirectoryObject, Source } from "../../src/recipients/model.ts";

export interface OracleOptions {
  readonly domains: readonly string[];
  /** Domains as people write them, by the A-labels that they are. */
  readonly spelled?: Readonly<Record<string, string>>;
  /** What no domain is written like, by the domain that a reader takes it for: dropped, and told. */
  readonly mistaken?: Readonly<Record<string, string>>;
  readonly isExcluded: (address: string) => boolean;
  readonly statics: readonly string[];
  /** Domains that repeat every address of the first one, rule 7. */
  readonly mirrors?: readonly string[];
  /** Whether every format that is asked for has room for an address of an account. */
  readonly carries?: (address: string, primary: string) => boolean;
}

export interface OracleAnswer {
  readonly accounts: Account[];
  readonly conflicts: string[];
  readonly dropped: Record<string, number>;
  readonly objects: Record<Source, number>;
  /** "reason object address keptBy", sorted. */
  readonly leftOut: string[];
}

interface Person {
  readonly id: string;
  readonly source: Source;
  readonly named: { marked: Set<string>; mail: Set<string> };
  /** Every address that is one, of whatever domain. */
  readonly has: Set<string>;
  readonly bad: Map<string, string>;
  bare: boolean;
}

const ORDER: readonly Source[] = ["users", "groups", "contacts"];
const TYPES = { users: "mailbox", groups: "distributionList", contacts: "contact" } as const;
const lowest = (texts: Iterable<string>): string | undefined => [...texts].sort()[0];

/** Rule 2: trimmed, lower-cased in ASCII, judged. */
function read(value: string, spelled: Readonly<Record<string, string>>): { address: string } | { reason: string } {
  const text = value.trim();
  if (text.includes('"')) return { reason: "quoted" };
  if (/[\p{Cc}\s]/u.test(text)) return { reason: "blanks" };
  const parts = text.split("@");
  const host = parts.length < 2 ? "" : (parts.at(-1) ?? "");
  const domain = spelled[host] ?? host;
  const local = text.slice(0, Math.max(0, text.length - host.length - 1));
  if (/\P{ASCII}/u.test(parts.length < 2 ? text : local + domain)) return { reason: "nonAscii" };
  if (parts.length < 2 || local === "" || host === "") return { reason: "noAt" };
  const address = `${local}@${domain}`.replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32));
  if (local.length > 64) return { reason: "localPartTooLong" };
  if (address.length > 254) return { reason: "tooLong" };
  return /^@.*:/.test(local) ? { reason: "sourceRoute" } : { address };
}

/** Decision 80: commas, semicolons and blanks part addresses where every part looks like one; else the value is whole. */
function parted(value: string): string[] {
  const unprefixed = (text: string): string =>
    text
      .trim()
      .replace(/^smtp:/i, "")
      .trim();
  const whole = unprefixed(value);
  const parts = whole
    .split(/[,;\s]/)
    .filter((part) => part !== "")
    .map(unprefixed);
  const looks = (part: string): boolean => part.split("@").length === 2 && !part.startsWith("@") && !part.endsWith("@");
  return !whole.includes('"') && parts.length > 1 && parts.every(looks) ? parts : [whole];
}

/**
 * An object may come twice while pages shift. The contract only says that the order must not matter: here a coming
 * without any address of ours tells nothing, so that nobody keeps what all other domains of a tenant have.
 */
function peopleOf(
  objects: readonly DirectoryObject[],
  spelled: Readonly<Record<string, string>>,
  ours: (address: string) => boolean,
): Person[] {
  const people = new Map<string, Person>();
  for (const { id, source, mail, proxyAddresses } of objects) {
    const person = people.get(id) ?? {
      id,
      source,
      named: { marked: new Set<string>(), mail: new Set<string>() },
      has: new Set<string>(),
      bad: new Map<string, string>(),
      bare: false,
    };
    people.set(id, person);
    let none = true;
    const seen: { readonly address: string; readonly into: Set<string> | undefined }[] = [];
    const take = (value: string, into: Set<string> | undefined): void => {
      none = false;
      for (const part of parted(value)) {
        const found = read(part, spelled);
        if ("reason" in found) person.bad.set(part, found.reason);
        else seen.push({ address: found.address, into });
      }
    };
    for (const proxy of proxyAddresses) {
      const [, prefix = "", rest = ""] = /^\s*([a-z0-9]+):(.*)$/is.exec(proxy) ?? [];
      if (prefix.toLowerCase() === "smtp") take(rest, prefix === "SMTP" ? person.named.marked : undefined);
    }
    if (mail !== null && mail.trim() !== "") take(mail, person.named.mail);
    if (none && source === "groups") person.bare = true;
    if (!seen.some(({ address }) => ours(address))) continue;
    for (const { address, into } of seen) {
      person.has.add(address);
      into?.add(address);
    }
  }
  return [...people.values()];
}

/** Rule 3, among what is kept. */
function choose(person: Person, kept: ReadonlySet<string>): { named?: string; primary?: string } {
  const { marked, mail } = person.named;
  const named =
    lowest([...marked].filter((each) => kept.has(each))) ?? lowest([...mail].filter((each) => kept.has(each)));
  if (named !== undefined) return { named, primary: named };
  const elsewhere = lowest(marked) ?? lowest(mail);
  const local = elsewhere?.split("@").slice(0, -1).join("@");
  const primary = lowest([...kept].filter((each) => each.split("@").slice(0, -1).join("@") === local)) ?? lowest(kept);
  return primary === undefined ? {} : { primary };
}

export function deriveByTheBook(objects: readonly DirectoryObject[], options: OracleOptions): OracleAnswer {
  const { domains, spelled = {}, mistaken = {}, isExcluded, statics, mirrors = [], carries = () => true } = options;
  const ours = (address: string): boolean => domains.some((domain) => address.endsWith(`@${domain}`));
  const hostOf = (value: string): string => {
    const host = value.slice(value.lastIndexOf("@") + 1).trim();
    return (spelled[host] ?? mistaken[host] ?? host).toLowerCase();
  };
  const people = peopleOf(objects, spelled, ours);
  const leftOut: string[] = [];
  const dropped: Record<string, number> = {};
  const drop = (reason: string, id: string, value: string): void => {
    dropped[reason] = (dropped[reason] ?? 0) + 1;
    leftOut.push(`${reason} ${id} ${value} -`);
  };
  for (const { id, bad, bare } of people) {
    for (const [value, reason] of bad)
      if (!value.includes("@") || domains.includes(hostOf(value))) drop(reason, id, value);
    if (bare) drop("noAddress", id, "");
  }

  // Rule 4.
  const kept = new Map(people.map((person) => [person, new Set([...person.has].filter(ours))]));
  const before = new Map(people.map((person) => [person, choose(person, kept.get(person) ?? new Set()).primary]));
  const conflicts: string[] = [];
  for (const address of new Set([...kept.values()].flatMap((each) => [...each]))) {
    const holders = people.filter((person) => person.has.has(address));
    if (holders.length < 2) continue;
    conflicts.push(address);
    let standing = holders;
    const narrow = (wanted: (person: Person) => boolean): void => {
      if (standing.some(wanted)) standing = standing.filter(wanted);
    };
    narrow((person) => before.get(person) === address);
    for (const source of ORDER.toReversed()) narrow((person) => ORDER.indexOf(person.source) < ORDER.indexOf(source));
    const winner = lowest(standing.map(({ id }) => id)) ?? "";
    for (const person of holders.filter(({ id }) => id !== winner)) {
      kept.get(person)?.delete(address);
      leftOut.push(`conflict ${person.id} ${address} ${winner}`);
    }
  }

  // Rules 3 and 5.
  const accounts: Account[] = [];
  const counts: Record<Source, number> = { users: 0, groups: 0, contacts: 0 };
  for (const person of people) {
    const all = kept.get(person) ?? new Set<string>();
    const { named } = choose(person, all);
    const wholly = named !== undefined && isExcluded(named);
    const staying = new Set([...all].filter((address) => !wholly && !isExcluded(address)));
    for (const address of all) if (!staying.has(address)) leftOut.push(`excluded ${person.id} ${address} -`);
    const { primary } = choose(person, staying);
    if (primary === undefined) continue;
    counts[person.source]++;
    const aliases = [...staying].filter((address) => address !== primary).sort();
    accounts.push({ id: person.id, address: primary, type: TYPES[person.source], aliases });
  }

  // Rule 6.
  const listed = new Set(accounts.flatMap(({ address, aliases }) => [address, ...aliases]));
  for (const address of new Set(statics))
    if (!listed.has(address)) accounts.push({ id: `static:${address}`, address, type: "static", aliases: [] });
  accounts.sort((a, b) => (a.address < b.address ? -1 : 1));

  // Rule 7, and what a format cannot carry.
  const real = new Set(accounts.flatMap(({ address, aliases }) => [address, ...aliases]));
  for (const { id, type, address: primary, aliases } of accounts) {
    for (const address of [primary, ...aliases]) {
      const [local, host] = [address.slice(0, address.lastIndexOf("@")), address.slice(address.lastIndexOf("@") + 1)];
      const copies = host === domains[0] ? mirrors.map((mirror) => `${local}@${mirror}`) : [];
      for (const each of [address, ...copies.filter((copy) => !real.has(copy))])
        if (!carries(each, primary)) leftOut.push(`format ${type === "static" ? "-" : id} ${each} -`);
    }
  }
  return { accounts, conflicts: conflicts.sort(), dropped, objects: counts, leftOut: leftOut.sort() };
}
