/** Finds the certificate that a key belongs to in PEM as people have it: CA first, key first, several chains, bag attributes. Pure. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

export type ChosenPair =
  | {
      readonly kind: "pair";
      /** The key's own certificate, then those that issued it. */
      readonly chain: readonly [X509Certificate, ...X509Certificate[]];
      readonly privateKey: string;
    }
  /** No certificate or no key, or one that cannot be read; `looks`: what one of the files looks like instead. */
  | { readonly kind: "unreadable"; readonly looks?: string }
  | { readonly kind: "notRsa" | "strangers" };

export interface PemFiles {
  /** tls.crt; either may hold what belongs into the other. */
  readonly certificate: string;
  readonly privateKey: string;
}

/** More than any chain has, or all chains that somebody put into one file. */
const MOST_BLOCKS = 64;
const LONGEST_CHAIN = 10;
/** As many blocks, of keys of 16,384 bits. */
const LONGEST_FILE = 512 * 1024;

interface Block {
  readonly label: string;
  readonly pem: string;
}

export function choosePair({ certificate, privateKey }: PemFiles): ChosenPair {
  const blocks = [...blocksOf(privateKey), ...blocksOf(certificate)];
  const certificates = blocks.filter(({ label }) => label === "CERTIFICATE").map(({ pem }) => readCertificate(pem));
  const keys = blocks
    .filter(({ label }) => label.endsWith("PRIVATE KEY"))
    .map(({ pem }) => ({ pem, key: readKey(pem) }));
  const [key] = keys;
  if (key?.key === undefined || certificates.length === 0 || certificates.includes(undefined)) {
    const looks = looksOf(certificate) ?? looksOf(privateKey);
    return { kind: "unreadable", ...(looks === undefined ? {} : { looks }) };
  }
  if (key.key.asymmetricKeyType !== "rsa") return { kind: "notRsa" };
  const read = certificates.filter((each) => each !== undefined);
  // A renewed certificate may go on with the same key: the one that lasts longest is the newest.
  const [own] = read.filter((each) => each.checkPrivateKey(key.key as KeyObject)).toSorted(byEnd);
  if (own === undefined) return { kind: "strangers" };
  return { kind: "pair", chain: [own, ...issuersOf(own, read)], privateKey: key.pem };
}

const byEnd = (a: X509Certificate, b: X509Certificate): number => Date.parse(b.validTo) - Date.parse(a.validTo);

/** What people put there that is no PEM. */
function looksOf(file: string): string | undefined {
  if (/[\0\uFFFD]/.test(file)) return "UTF-16 or a binary file (PFX, DER), which openssl turns into PEM";
  // `-----` in base64.
  if (/^\s*LS0tLS1/.test(file)) return "base64 of PEM; `data` of a Secret is encoded once, `stringData` not at all";
  return /-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(file) ? "a key with a passphrase" : undefined;
}

const DASHES = "-----";
const BEGIN = /-----BEGIN ([A-Z0-9 ]{1,40})-----/y;
const CONTENT = /^[A-Za-z0-9+/=\s:,-]*$/;

/**
 * What stands between blocks (bag attributes, comments) tells nothing, nor do blanks around a line: YAML within YAML is
 * indented. Settings files write a line end as `\n`. Goes once through the text: anybody may have put a mebibyte there.
 */
function blocksOf(file: string): Block[] {
  const lines = file.slice(0, LONGEST_FILE).replaceAll("\\n", "\n").split("\n");
  const text = lines.map((line) => line.trim()).join("\n");
  const blocks: Block[] = [];
  for (let at = text.indexOf(DASHES); at !== -1 && blocks.length < MOST_BLOCKS; ) {
    BEGIN.lastIndex = at;
    const [begin = "", label = ""] = BEGIN.exec(text) ?? [];
    const end = text.indexOf(DASHES, begin === "" ? behind(text, at) : at + begin.length);
    const last = `-----END ${label}-----`;
    if (begin !== "" && end !== -1 && text.startsWith(last, end)) {
      const pem = text.slice(at, end + last.length);
      if (CONTENT.test(pem)) blocks.push({ label, pem: `${pem}\n` });
      at = text.indexOf(DASHES, end + last.length);
    } else at = end;
  }
  return blocks;
}

/** The next place where a block may begin: of more dashes the last five. */
function behind(text: string, dashes: number): number {
  let end = dashes + DASHES.length;
  while (text[end] === "-") end++;
  return Math.max(dashes + 1, end - DASHES.length);
}

function issuersOf(own: X509Certificate, all: readonly X509Certificate[]): X509Certificate[] {
  const issuers: X509Certificate[] = [];
  let last = own;
  while (issuers.length < LONGEST_CHAIN && last.issuer !== last.subject) {
    const issuer = all.find((each) => each !== own && !issuers.includes(each) && last.checkIssued(each));
    if (issuer === undefined) break;
    issuers.push(issuer);
    last = issuer;
  }
  return issuers;
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Undefined too for one that a passphrase protects. */
function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
