/** What the gateway answers from: all lists and routings of a namespace, put together. Pure, and never changed once made. */
import { domainName, lowerCase } from "../recipients/smtp-address.ts";
import { findInCdb } from "../recipients/tables/constant-database.ts";
import { shardOf } from "../recipients/tables/shards.ts";
import type { RecipientList } from "./list.ts";
import type { Part } from "./part.ts";
import type { Routing } from "./read-routing.ts";

export type Answer = { readonly kind: "found"; readonly value: string } | { readonly kind: "notFound" | "notYet" };

export interface Catalog {
  /** Sorted by sync; of several for one MailDomain the one that was committed last. */
  readonly lists: readonly RecipientList[];
  /** What is routed and has a list. */
  readonly routing: Routing;
  /** The maps of socketmap_table(5), by name. */
  readonly maps: Readonly<Record<MapName, (key: string) => Answer>>;
}

export type MapName = "recipients" | "domains" | "transport" | "aliases";

export interface CatalogInput {
  readonly lists: readonly RecipientList[];
  /** By the name of the MailDomain. */
  readonly routings: ReadonlyMap<string, Routing>;
  /** Characters that part an address from its extension; none: there are no extensions. */
  readonly delimiters: string;
  /** Whether every list that stands in the cluster was looked at once, or lists were kept from before. */
  readonly complete: boolean;
}

const NOT_FOUND: Answer = { kind: "notFound" };
const NOT_YET: Answer = { kind: "notYet" };
/** An SMTP address is shorter. */
const LONGEST_KEY = 1024;

export function createCatalog({ lists: all, routings, delimiters, complete }: CatalogInput): Catalog {
  const lists = latestOfEach(all);
  const routing = routed(lists, routings);
  const pending = pendingNames(lists, routings);
  const byDomain = new Map<string, RecipientList[]>();
  for (const list of lists)
    for (const domain of list.domains) byDomain.set(domain, [...(byDomain.get(domain) ?? []), list]);

  const hasNone = !complete || lists.length === 0;

  /** A domain that is routed and has no list yet must be asked for again: refusing it would lose its mail. */
  const unknown = (domain: string): Answer => (hasNone || pending.has(domain) ? NOT_YET : NOT_FOUND);

  function lookUp(address: string, domain: string, table: (part: Part) => Buffer | undefined): string | undefined {
    const key = Buffer.from(address);
    for (const { parts } of byDomain.get(domain) ?? []) {
      const part = parts[shardOf(address, parts.length)];
      const database = part && table(part);
      const found = database && findInCdb(database, key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The whole address first, then without its extension, which goes to what was found where that is an address. */
  function find(key: string, table: (part: Part) => Buffer | undefined): Answer {
    const parsed = parseKey(key);
    if (parsed === undefined) return NOT_FOUND;
    const { local, domain } = parsed;
    const whole = lookUp(`${local}@${domain}`, domain, table);
    if (whole !== undefined) return { kind: "found", value: whole };
    const at = extensionOf(local, delimiters);
    const stem = at === undefined ? undefined : lookUp(`${local.slice(0, at)}@${domain}`, domain, table);
    if (stem === undefined) return byDomain.has(domain) ? NOT_FOUND : unknown(domain);
    return { kind: "found", value: extended(stem, local.slice(at)) };
  }

  const maps: Catalog["maps"] = {
    recipients: (key) => find(key, ({ keys }) => keys),
    aliases: (key) => find(key, ({ aliases }) => aliases),
    domains(key) {
      const domain = asciiDomain(key);
      return routing.has(domain) ? { kind: "found", value: "OK" } : unknown(domain);
    },
    transport(key) {
      const domain = asciiDomain(key.slice(key.lastIndexOf("@") + 1));
      const value = routing.get(domain);
      return value === undefined ? unknown(domain) : { kind: "found", value };
    },
  };
  return { lists, routing, maps };
}

/** An O365Sync under a new name takes the list over: the old one, which nobody keeps any more, must not live on beside it. */
function latestOfEach(lists: readonly RecipientList[]): RecipientList[] {
  const latest = new Map<string, RecipientList>();
  for (const list of lists) {
    const other = latest.get(list.domain);
    const later = other === undefined || other.time < list.time || (other.time === list.time && other.sync < list.sync);
    if (later) latest.set(list.domain, list);
  }
  return [...latest.values()].sort((a, b) => (a.sync < b.sync ? -1 : 1));
}

/** A name is routed only where the list of the same MailDomain carries it; of two that route it, the first by name. */
function routed(lists: readonly RecipientList[], routings: CatalogInput["routings"]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { domain, domains } of [...lists].sort((a, b) => (a.domain < b.domain ? -1 : 1))) {
    for (const [name, nexthops] of routings.get(domain) ?? [])
      if (domains.has(name) && !found.has(name)) found.set(name, nexthops);
  }
  return found;
}

function pendingNames(lists: readonly RecipientList[], routings: CatalogInput["routings"]): Set<string> {
  const listed = new Set(lists.map(({ domain }) => domain));
  const waiting = [...routings].filter(([domain]) => !listed.has(domain));
  return new Set(waiting.flatMap(([, routing]) => [...routing.keys()]));
}

/** Postfix quotes a local part that is no dot-atom, and asks for other things than addresses too. */
function parseKey(key: string): { readonly local: string; readonly domain: string } | undefined {
  const at = key.lastIndexOf("@");
  if (at < 1 || key.length > LONGEST_KEY) return undefined;
  const text = lowerCase(key.slice(0, at));
  const [, quoted] = /^"((?:[^"\\]|\\.)*)"$/s.exec(text) ?? [];
  return { local: quoted?.replaceAll(/\\(.)/gs, "$1") ?? text, domain: asciiDomain(key.slice(at + 1)) };
}

/** Lists have internationalised domains in their ASCII form; "" for what is no domain. */
function asciiDomain(domain: string): string {
  return domainName(domain.slice(0, LONGEST_KEY)) ?? "";
}

/** Where the extension of a local part begins, as Postfix finds it: at the first delimiter, and nowhere when that comes first. */
function extensionOf(local: string, delimiters: string): number | undefined {
  // These are names of mailing lists' owners. Source: postconf(5), owner_request_special.
  if (delimiters.includes("-") && (local.startsWith("owner-") || local.endsWith("-request"))) return undefined;
  const at = Array.from(local).findIndex((character) => delimiters.includes(character));
  return at < 1 ? undefined : at;
}

/** An address gets the extension; another value is left as it is. */
function extended(value: string, extension: string): string {
  const at = value.lastIndexOf("@");
  return at < 0 ? value : `${value.slice(0, at)}${extension}${value.slice(at)}`;
}
