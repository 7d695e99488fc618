/** Reads a list of addresses as another system wrote it: lines, maps, CSV, proxy addresses. Only ours are taken. */
import { isUtf8 } from "node:buffer";
import { isPauseDue, type Steps } from "../base/steps.ts";
import { sortedBy } from "./packed/sort.ts";
import { domainName, parseAddress } from "./smtp-address.ts";

export type AddressList =
  | {
      readonly kind: "list";
      /** Sorted; never empty. */
      readonly addresses: readonly string[];
      /** How many addresses of other domains it holds. */
      readonly ignored: number;
    }
  | { readonly kind: "empty" | "noText" }
  /** It holds something, but no address of ours. */
  | { readonly kind: "foreign"; readonly ignored: number }
  | { readonly kind: "badLine"; readonly line: number; readonly why: BadLine };

export type BadLine = "noAddress" | "wholeDomain" | "unusable";

/** What separates values on a line: of maps, of CSV, and of addresses with names. */
const SEPARATORS = /[\s,;|"'<>()[\]{}]+/;

/** Of proxyAddresses, beside SMTP. */
const OTHER_PROXIES = /^(x500|x400|sip|spo|eum):/i;

/**
 * A line may hold several addresses, and beside them whatever it likes. Blank lines, comments (#) and a first line
 * without any `@` (a header) are skipped. Another line of ours that names no address is refused, so that nothing the
 * gateway accepts is overlooked.
 */
export function* readAddressList(bytes: Uint8Array, domains: ReadonlySet<string>): Steps<AddressList> {
  const text = decode(bytes);
  if (text === undefined) return { kind: "noText" };
  const addresses = new Set<string>();
  let ignored = 0;
  let lines = 0;
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    lines++;
    const found = yield* readLine(line, domains);
    if (found.why === "noAddress" && lines === 1 && !line.includes("@")) continue;
    if (found.why !== undefined) return { kind: "badLine", line: index + 1, why: found.why };
    for (const address of found.addresses) addresses.add(address);
    ignored += found.ignored;
  }
  if (addresses.size > 0) return { kind: "list", addresses: yield* sorted([...addresses]), ignored };
  return lines > 0 ? { kind: "foreign", ignored } : { kind: "empty" };
}

function* sorted(texts: readonly string[]): Steps<string[]> {
  const order = yield* sortedBy(texts.length, (item) => texts[item] ?? "");
  return Array.from(order, (item) => texts[item] ?? "");
}

interface Line {
  readonly addresses: readonly string[];
  readonly ignored: number;
  readonly why?: BadLine;
}

function* readLine(line: string, domains: ReadonlySet<string>): Steps<Line> {
  const addresses: string[] = [];
  let ignored = 0;
  let others = 0;
  // All of a file may stand on one line.
  for (const word of line.split(SEPARATORS)) {
    if (isPauseDue()) yield;
    const [, scheme = "smtp", value = ""] = /^(?:([a-z0-9]+):)?(.*)$/is.exec(word) ?? [];
    // An X500 address has no @, and a line of it names nobody whom a gateway accepts.
    if (OTHER_PROXIES.test(word)) others++;
    if (!value.includes("@")) continue;
    const domain = domainName(value.slice(value.lastIndexOf("@") + 1));
    // SIP, X500 and links have an @ too; and what is of another domain is none of our business, whatever it is.
    if (scheme.toLowerCase() !== "smtp") others++;
    else if (domain === undefined || !domains.has(domain)) ignored++;
    else if (value.startsWith("@")) return { addresses, ignored, why: "wholeDomain" };
    else {
      const parsed = parseAddress(value);
      if ("dropped" in parsed || /[/:\\]/.test(parsed.local)) return { addresses, ignored, why: "unusable" };
      addresses.push(parsed.address);
    }
  }
  const named = addresses.length + ignored + others > 0;
  return named ? { addresses, ignored } : { addresses, ignored, why: "noAddress" };
}

/** UTF-8, or UTF-16 that says so, as PowerShell and Excel write; undefined for everything else. */
function decode(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  if (encoding === "utf-8" && !isUtf8(bytes)) return undefined;
  const text = new TextDecoder(encoding).decode(bytes);
  // Of UTF-16 that does not say so every second byte is none.
  return text.includes("\0") ? undefined : text;
}
