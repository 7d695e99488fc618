/**
 * A delta and a read by id are answered by replicas that need not agree: a colleague of whom the delta tells may not be
 * found yet, or without the new address. Who is not shown as the delta says is asked for again, a few times. Pure.
 */
import type { DirectoryObject, Source } from "../recipients/model.ts";
import type { Confirmation, Named } from "./types.ts";

/** What a read by id should show. */
export interface Expected {
  readonly id: string;
  readonly source: Source;
  readonly named: Named;
  /** How often it is still asked for. @default MOST_TRIES */
  readonly tries?: number;
}

/** By id. */
export type Behind = ReadonlyMap<string, Expected>;

/** Rounds after the one that told of it: with the default interval a quarter of an hour. The next sync reads everything. */
const MOST_TRIES = 3;
/** A tenant that tells of what it does not have costs 50 batches a round. */
const MOST_BEHIND = 1_000;
/** Of all that they are named; each feed keeps them. */
const MOST_CHARACTERS = 256 * 1024;

/** What is told now counts, and what was not shown before. */
export const expectedBy = (changed: readonly Expected[], behind: Behind): readonly Expected[] => {
  const told = new Set(changed.map(({ id }) => id));
  return [...changed, ...[...behind.values()].filter(({ id }) => !told.has(id))];
};

export function behindAfter(wanted: readonly Expected[], confirmed: ReadonlyMap<string, Confirmation>): Behind {
  const behind = new Map<string, Expected>();
  let characters = 0;
  for (const { id, source, named, tries = MOST_TRIES } of wanted) {
    if (behind.size === MOST_BEHIND || tries === 0 || isShown(named, confirmed.get(id))) continue;
    for (const text of named) characters += text.length;
    if (characters > MOST_CHARACTERS) break;
    behind.set(id, { id, source, named, tries: tries - 1 });
  }
  return behind;
}

export function isShown(named: Named, found: Confirmation | undefined): boolean {
  if (named.size === 0) return true;
  if (found === undefined || found === "gone") return false;
  const shown = new Set(textsOf(found).map((text) => text.toLowerCase()));
  return [...named].every((text) => shown.has(text.toLowerCase()));
}

const textsOf = ({ mail, proxyAddresses }: DirectoryObject): readonly string[] =>
  mail === null ? proxyAddresses : [mail, ...proxyAddresses];
