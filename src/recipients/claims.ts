/** Who gets an address that stands on several objects of the directory. Pure. */
import type { Source } from "./model.ts";

/** What an object has to say for itself when an address is contested. */
export interface Claim {
  /** The address would be its primary if nobody contested it. */
  readonly isPrimary: boolean;
  readonly source: Source;
  /** The directory's id of the object. */
  readonly id: string;
}

/** Whose mail is lost when it goes to the wrong one: a person's before a list's before that of somebody outside. */
const RANK: Readonly<Record<Source, number>> = { users: 0, groups: 1, contacts: 2 };

/**
 * Below zero where `a` gets the address. The first line that tells them apart decides:
 *
 * | a                    | b                     | gets it                                             |
 * |----------------------|-----------------------|-----------------------------------------------------|
 * | its primary          | one of its aliases    | a, whatever the kinds                               |
 * | a user               | a group or a contact  | a                                                   |
 * | a group              | a contact             | a                                                   |
 * | id 1…                | id 2…                 | a: any order will do as long as it is always the same |
 */
export function compareClaims(a: Claim, b: Claim): number {
  return (
    Number(b.isPrimary) - Number(a.isPrimary) ||
    RANK[a.source] - RANK[b.source] ||
    (a.id === b.id ? 0 : a.id < b.id ? -1 : 1)
  );
}
