/** A status as it is read back: without what does not fit its schema. Pure. */
import * as v from "valibot";
import { mailDomainStatus, o365SyncStatus } from "./status-shapes.generated.ts";
import type { MailDomain, MailDomainStatus, O365Sync } from "./types.generated.ts";

/**
 * The API server holds a status against the CRD when it is written, not when it is read: a newer operator may have written
 * it under a CRD of its own, or an administrator may have put in by hand what a schema cannot judge.
 */
export interface Sound<T> {
  /** The very same where nothing is damaged. */
  readonly object: T;
  /** The fields of `status` that did not fit. */
  readonly damaged: readonly string[];
}

/** Each field is made anew by the next look or run. What vouches for the ConfigMaps, damaged, vouches for nothing. */
export function soundSync(object: O365Sync): Sound<O365Sync> {
  const sound = soundly(object, o365SyncStatus);
  return sound.damaged.includes("anchor") ? withStatus(sound, { anchor: {} }) : sound;
}

/**
 * Of what it vouches for, the lists that fit stay. One that does not keeps its name and vouches for no publication: were it
 * gone, its manifest would be believed as it stands.
 */
export function soundDomain(object: MailDomain): Sound<MailDomain> {
  const sound = soundly(object, mailDomainStatus);
  const before: unknown = object.status?.lists;
  if (!sound.damaged.includes("lists") || !Array.isArray(before)) return sound;
  const lists = new Map<string, List>();
  for (const list of before as unknown[]) {
    const known = isVouchedFor(list) ? list : nameOnly(list);
    if (known !== undefined && lists.size < MOST_LISTS) lists.set(known.name, known);
  }
  return lists.size === 0 ? sound : withStatus(sound, { lists: [...lists.values()] });
}

type List = NonNullable<MailDomainStatus["lists"]>[number];
const MOST_LISTS = 16;
const isVouchedFor = (list: unknown): list is List => v.is(mailDomainStatus.lists, [list]);

/** No publication has this digest. */
const NO_PUBLICATION = "";
function nameOnly(list: unknown): List | undefined {
  const known = {
    name: isObject(list) ? (list as { readonly name?: unknown }).name : undefined,
    publication: NO_PUBLICATION,
  };
  return isVouchedFor(known) ? known : undefined;
}

function withStatus<T extends { readonly status?: object }>({ object, damaged }: Sound<T>, known: object): Sound<T> {
  return { object: { ...object, status: { ...object.status, ...known } }, damaged };
}

type Shapes = Readonly<Record<string, v.GenericSchema>>;

/** A field that has no shape here is another version's, and the API server's to prune. */
function soundly<T extends { readonly status?: object }>(object: T, shapes: Shapes): Sound<T> {
  const status: unknown = object.status;
  if (status === undefined) return { object, damaged: [] };
  if (!isObject(status)) return { object: { ...object, status: {} }, damaged: ["status"] };
  const entries = Object.entries(status);
  const isDamaged = ([field, value]: readonly [string, unknown]): boolean =>
    Object.hasOwn(shapes, field) && !v.is(shapes[field] as v.GenericSchema, value);
  const damaged = entries.filter(isDamaged).map(([field]) => field);
  if (damaged.length === 0) return { object, damaged };
  const kept = Object.fromEntries(entries.filter(([field]) => !damaged.includes(field)));
  return { object: { ...object, status: kept }, damaged };
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
