/** Which tables of what is published need not be rendered again, because no account that is in them has changed. Pure. */
import { isPauseDue, type Steps } from "../base/steps.ts";
import { differingAccounts } from "../recipients/differing.ts";
import type { DomainNames } from "../recipients/model.ts";
import { localOf } from "../recipients/packed/buckets.ts";
import type { Roster } from "../recipients/packed/roster.ts";
import type { OutputOptions } from "../recipients/tables/formats/formats.ts";
import { MOST_SHARDS, slotOf } from "../recipients/tables/shards.ts";
import type { Publication, TableShard } from "./manifest.ts";

/** The table as it stands, where it would be the same if it were rendered again. */
export type Untouched = (layout: OutputOptions, index: number) => TableShard | undefined;

export const ALL_TOUCHED: Untouched = () => undefined;

/** A published list, and the accounts that it was made of. */
export interface Published {
  readonly publication: Publication;
  readonly accounts: Roster;
}

/** Of more than these hardly a table stays as it is. */
const MOST_ADDRESSES = 4096;

/** What a table holds of a local part follows from the accounts that have it, and from the names. */
export function* untouchedTables(
  { publication, accounts }: Published,
  wish: { readonly accounts: Roster; readonly names: DomainNames },
): Steps<Untouched> {
  if (namesIn(publication) !== namesIn(wish.names)) return ALL_TOUCHED;
  const { gone, come } = yield* differingAccounts(accounts, wish.accounts);
  if (gone.addresses + come.addresses > MOST_ADDRESSES) return ALL_TOUCHED;
  const touched = new Set<number>();
  for (const roster of [gone, come]) {
    for (let index = 0; index < roster.length; index++) {
      const count = roster.countOf(index);
      for (let place = 0; place < count; place++) touched.add(slotOf(localOf(roster.addressAt(index, place))));
      if (isPauseDue()) yield;
    }
  }
  return ({ shards, formats }, index) => {
    for (let part = index; part < MOST_SHARDS; part += shards) if (touched.has(part)) return undefined;
    const isStale = publication.retiring.some((old) => old.shards === shards && old.stale === true);
    const standing = publication.layouts.find((layout) => layout.shards === shards);
    return isStale || standing?.formats.join() !== formats.join() ? undefined : standing.tables[index];
  };
}

const namesIn = ({ domain, aliasDomains }: DomainNames): string =>
  JSON.stringify([domain, aliasDomains.map(({ name, recipients }) => [name, recipients])]);
