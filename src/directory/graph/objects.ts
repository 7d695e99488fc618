/** Directory objects out of Graph's JSON: checked, because an answer of the wrong shape must never read as "no addresses". Pure. */
import type { DirectoryObject, Source } from "../../recipients/model.ts";
import { malformed } from "../errors/to-failure.ts";
import { asRecord } from "../http/json.ts";
import type { Operation } from "../sources.ts";

export interface GraphObject extends DirectoryObject {
  /** False for a group that receives no mail, whatever addresses it still carries. */
  readonly mailEnabled: boolean;
  /** A permission that is too small shows as null where a list should be. */
  readonly addressesShown: boolean;
}

/** Well above what Microsoft gives out: a GUID, and some hundred addresses. */
const LONGEST_ID = 256;
const MOST_ADDRESSES = 10_000;
/** Exchange's own limit is 1,123, X.500 addresses included. What is longer is no address, and is cut for being told as such. */
const LONGEST_ADDRESS = 4096;

/** Throws Failure (MalformedAnswer) for a property of another type. */
export function toObject(operation: Operation, source: Source, json: unknown): GraphObject {
  const { id, mail, proxyAddresses, mailEnabled, createdDateTime } = asRecord(json) ?? {};
  if (typeof id !== "string" || id === "") throw malformed(operation, "an object has no id");
  if (id.length > LONGEST_ID) throw malformed(operation, "the id of an object is no id");
  if (!isAbsent(mail) && typeof mail !== "string") throw malformed(operation, "mail of an object is no text");
  if (!isAbsent(proxyAddresses) && !isTexts(proxyAddresses)) {
    throw malformed(operation, "proxyAddresses of an object is no list of texts");
  }
  if ((proxyAddresses?.length ?? 0) > MOST_ADDRESSES) throw malformed(operation, "an object has too many addresses");
  if (!isAbsent(mailEnabled) && typeof mailEnabled !== "boolean") {
    throw malformed(operation, "mailEnabled of an object is neither true nor false");
  }
  const made = typeof createdDateTime === "string" ? Date.parse(createdDateTime) : Number.NaN;
  return {
    id,
    source,
    // It decides nothing: what is no time is left out.
    ...(Number.isNaN(made) ? {} : { made }),
    mail: mail ? bounded(mail) : (mail ?? null),
    proxyAddresses: proxyAddresses?.map(bounded) ?? [],
    mailEnabled: mailEnabled ?? true,
    addressesShown: !isAbsent(proxyAddresses),
  };
}

/** Beginning and end tell what it was; what separates texts goes, so that no part of it can be taken for an address. */
function bounded(text: string): string {
  if (text.length <= LONGEST_ADDRESS) return text;
  const ends = text.slice(0, LONGEST_ADDRESS / 2) + text.slice(-LONGEST_ADDRESS / 2);
  return ends.replace(/[\s,;<>]/gu, "x");
}

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");
