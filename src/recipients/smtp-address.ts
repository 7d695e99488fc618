/** What an SMTP address of the directory is, and why one is left out: the one place that trims, folds and compares. */
import { domainToASCII } from "node:url";
import { Failure } from "../base/failure.ts";
import type { DirectoryObject } from "./model.ts";

/** Why no gateway can carry an address. The limits are those of RFC 5321, section 4.5.3.1. */
export type DropReason = "quoted" | "nonAscii" | "blanks" | "localPartTooLong" | "tooLong" | "noAt" | "sourceRoute";

export interface Address {
  /** Lower-case; the domain as A-labels. */
  readonly address: string;
  readonly local: string;
  readonly domain: string;
}

export interface Dropped {
  readonly dropped: DropReason;
  /** Where it seems to belong; undefined where nobody can tell. */
  readonly domain: string | undefined;
}

export type ParsedAddress = Address | Dropped;

/**
 * Lower case of A to Z alone. Unicode's lower case makes other people's addresses: the Kelvin sign (U+212A) would become
 * a k, and nothing outside of ASCII is an address of ours.
 */
export const lowerCase = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

const ASCII = /^\p{ASCII}*$/u;

/** Visible ASCII around the only `@`, the local part not too long: so is nearly every address, and only its case is to be folded. */
const PLAIN = /^[!#-?A-~]{1,64}@[!#-?A-~]+$/;
const LONGEST = 254;

/** Trims, lower-cases, and writes the domain as A-labels. The domain is whatever stands behind the last `@`. */
export function parseAddress(raw: string): ParsedAddress {
  if (raw.length <= LONGEST && PLAIN.test(raw)) {
    const address = raw.toLowerCase();
    const at = address.indexOf("@");
    return { address, local: address.slice(0, at), domain: address.slice(at + 1) };
  }
  const text = raw.trim();
  const at = text.lastIndexOf("@");
  const host = text.slice(at + 1);
  const drop = (dropped: DropReason): Dropped => ({ dropped, domain: at === -1 ? seemingDomain(text) : guess(host) });
  if (text.includes('"')) return drop("quoted");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\s\u0000-\u0020\u007f]/.test(text)) return drop("blanks");
  const local = lowerCase(text.slice(0, Math.max(0, at)));
  const domain = domainName(host);
  if (!ASCII.test(local) || domain === undefined || (at === -1 && !ASCII.test(text))) return drop("nonAscii");
  if (at < 1 || domain === "") return drop("noAt");
  if (local.length > 64) return drop("localPartTooLong");
  const address = `${local}@${domain}`;
  if (address.length > LONGEST) return drop("tooLong");
  // To mail servers `@a:b@c` is a way to b@c, also in quotes: they would take mail for b in its place.
  if (local.startsWith("@") && local.includes(":")) return drop("sourceRoute");
  return { address, local, domain };
}

/**
 * A domain as it is compared: lower-case, every label that is not ASCII as its A-label (`bücher` is `xn--bcher-kva`).
 * Undefined where a label has none of its own: one that only looks like ASCII (full-width letters, the Kelvin sign) is no
 * other way to write a domain that somebody else may have.
 */
export function domainName(text: string): string | undefined {
  if (ASCII.test(text)) return lowerCase(text);
  const labels = text.split(".").map((label) => {
    if (ASCII.test(label)) return lowerCase(label);
    if (!/^[\p{L}\p{M}\p{N}-]+$/u.test(label)) return undefined;
    const converted = domainToASCII(label);
    return converted.startsWith("xn--") ? converted : undefined;
  });
  return labels.includes(undefined) ? undefined : labels.join(".");
}

/** For counting what is dropped: what a reader would take the domain for. */
function guess(host: string): string | undefined {
  const trimmed = host.trim();
  return domainName(trimmed) ?? (domainToASCII(trimmed) || undefined);
}

/** A full-width `＠` is none for mail, but it tells whose address was meant. */
function seemingDomain(text: string): string | undefined {
  const [, host] = /[\uff20\ufe6b]([^\uff20\ufe6b]*)$/u.exec(text) ?? [];
  return host === undefined ? undefined : guess(host);
}

/** How the directory names an address of an object. */
export type NamedAs = "SMTP" | "smtp" | "mail";

export interface RawAddress {
  readonly raw: string;
  /** `SMTP`: marked as the primary; `smtp`: another of proxyAddresses. */
  readonly as: NamedAs;
}

/** A blank may stand before the prefix and behind it; other prefixes (X500, SIP, SPO, EUM …) are no addresses. */
const PREFIX = /^\s*smtp:/i;

export const isSmtp = (proxy: string): boolean => PREFIX.test(proxy);

/** Behind a prefix as directories write it: one address, and nothing that could part two. */
const PLAIN_PROXY = /^(?:SMTP|smtp):[!#-+\--:<-?A-~]+@[!#-+\--:<-?A-~]+$/;
const PREFIX_LENGTH = "smtp:".length;

/** Of one object. Exchange gives it some hundreds; nobody pauses within one, and what is published can be read again. */
export const MOST_OF_OBJECT = 10_000;

/** Throws Failure: whoever answers for a directory does not decide how long it takes. */
export function refuseMoreThanMost(addresses: number): void {
  if (addresses <= MOST_OF_OBJECT) return;
  throw new Failure("retry", "MalformedAnswer", `an object came with more than ${MOST_OF_OBJECT} addresses`);
}

/**
 * The SMTP addresses of an object as they stand in the directory: in `proxyAddresses` and in `mail`. Throws Failure where
 * they are more than any has: a value may hold a thousand.
 */
export function smtpAddresses({
  mail,
  proxyAddresses,
}: Pick<DirectoryObject, "mail" | "proxyAddresses">): RawAddress[] {
  const found: RawAddress[] = [];
  for (const proxy of proxyAddresses) {
    if (PLAIN_PROXY.test(proxy))
      found.push({ raw: proxy.slice(PREFIX_LENGTH), as: proxy.startsWith("S") ? "SMTP" : "smtp" });
    else if (isSmtp(proxy)) for (const raw of listed(proxy)) found.push({ raw, as: marked(proxy) ? "SMTP" : "smtp" });
    refuseMoreThanMost(found.length);
  }
  if (mail !== null && mail.trim() !== "") for (const raw of listed(mail)) found.push({ raw, as: "mail" });
  return found;
}

const marked = (proxy: string): boolean => proxy.trimStart().startsWith("SMTP:");
const withoutPrefix = (text: string): string => text.replace(PREFIX, "").trim();

/**
 * People put several addresses into one value. No address has a comma, a semicolon or a blank unless it is quoted, so
 * that each of them is one where all of them look like one; else the value is what it is.
 */
function listed(value: string): string[] {
  const whole = withoutPrefix(value);
  if (!/[;,\s]/.test(whole) || whole.includes('"')) return [whole];
  const parts = whole.split(/[;,\s]+/).filter((part) => part !== "");
  return parts.length > 0 && parts.every((part) => /^[^@]+@[^@]+$/.test(part)) ? parts.map(withoutPrefix) : [whole];
}
