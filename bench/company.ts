/** Companies of any size that need no memory: every object is made from its number when it is asked for. Pure. */
import { createHash } from "node:crypto";
import type { Source } from "../src/recipients/model.ts";

export interface Shape extends Readonly<Record<Source, number>> {
  /** Objects are dealt out over these in turn. */
  readonly domains: readonly string[];
  /** Users up to this number have one alias more than they were born with. */
  readonly renewed: number;
}

export interface Entry {
  readonly id: string;
  readonly mail: string;
  readonly mailEnabled?: boolean;
  readonly proxyAddresses: readonly string[];
}

const FIRST = "ada ben clara david elena farid grace hugo ida jonas karla leo mara nils olga paul".split(" ");
const LAST = "abel berg conti diaz egger frank gruber hansen ivanova jensen kowalski larsen moreau novak".split(" ");

const pick = (from: readonly string[], index: number): string => from[index % from.length] ?? "";

/** The object with this number; always the same one. */
export function entryOf(source: Source, index: number, { domains, renewed }: Shape): Entry {
  const domain = domains[index % domains.length] ?? "";
  const id = guid(`${source} ${index}`);
  if (source !== "users") {
    const address = `${source === "groups" ? "list" : "contact"}.${pick(LAST, index)}${index}@${domain}`;
    const base = { id, mail: address, proxyAddresses: [`SMTP:${address}`] };
    return source === "groups" ? { ...base, mailEnabled: true } : base;
  }
  const first = pick(FIRST, index);
  const last = pick(LAST, Math.floor(index / FIRST.length));
  const address = `${first}.${last}${index}@${domain}`;
  const proxyAddresses = [`SMTP:${address}`, `SIP:${address}`];
  if (index % 3 === 0) proxyAddresses.push(`smtp:${first.slice(0, 1)}${last}${index}@${domain}`);
  if (index < renewed) proxyAddresses.push(`smtp:new.${first}.${last}${index}@${domain}`);
  return { id, mail: address, proxyAddresses };
}

/** Primary addresses and aliases of all objects. */
export function addressesOf({ users, groups, contacts, renewed }: Shape): number {
  return users + Math.ceil(users / 3) + Math.min(users, renewed) + groups + contacts;
}

function guid(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
