/** What an SMTP address of the directory is, and why one is left out. */
import type { DirectoryObject } from "./model.ts";

/** Why no gateway can carry an address. The limits are those of RFC 5321, section 4.5.3.1. */
export type DropReason = "quoted" | "nonAscii" | "blanks" | "localPartTooLong" | "tooLong" | "noAt";

export interface Address {
  /** Lower-case. */
  readonly address: string;
  readonly local: string;
  readonly domain: string;
}

export type ParsedAddress = Address | { readonly dropped: DropReason };

/** Trims and lower-cases. The domain is whatever stands behind the last `@`. */
export function parseAddress(raw: string): ParsedAddress {
  const address = raw.trim().toLowerCase();
  if (address.includes('"')) return { dropped: "quoted" };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\s\u0000-\u0020\u007f]/.test(address)) return { dropped: "blanks" };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII
  if (/[^\u0000-\u007f]/.test(address)) return { dropped: "nonAscii" };
  const at = address.lastIndexOf("@");
  if (at < 1 || at === address.length - 1) return { dropped: "noAt" };
  if (at > 64) return { dropped: "localPartTooLong" };
  if (address.length > 254) return { dropped: "tooLong" };
  return { address, local: address.slice(0, at), domain: address.slice(at + 1) };
}

export interface RawAddress {
  readonly raw: string;
  /** Marked `SMTP:` in proxyAddresses. */
  readonly primary: boolean;
}

/**
 * The SMTP addresses of an object as they stand in the directory: `proxyAddresses` with the prefix `smtp:` in any case,
 * and `mail`. Other prefixes (X500, SIP, SPO, EUM …) are not addresses.
 */
export function smtpAddresses({
  mail,
  proxyAddresses,
}: Pick<DirectoryObject, "mail" | "proxyAddresses">): RawAddress[] {
  const proxies = proxyAddresses
    .filter((proxy) => /^smtp:/i.test(proxy))
    .map((proxy) => ({ raw: proxy.slice("smtp:".length), primary: proxy.startsWith("SMTP:") }));
  return mail === null ? proxies : [...proxies, { raw: mail, primary: false }];
}
