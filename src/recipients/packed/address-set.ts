/** A set of addresses that may be millions: five million that mirror a hundred thousand take what those take. */

import { isPauseDue, type Steps } from "../../base/steps.ts";
import { localOf } from "./buckets.ts";
import { createLabelled } from "./labelled.ts";

export interface AddressSet extends Iterable<string> {
  readonly size: number;
  has(address: string): boolean;
  /** Different local parts. */
  readonly locals: number;
  /** Each local part with the domains that it stands at. */
  byLocal(): Iterable<{ readonly local: string; readonly domains: readonly string[] }>;
}

export interface AddressSetBuilder extends AddressSet {
  add(address: string): void;
}

export function createAddressSet(): AddressSetBuilder {
  const labelled = createLabelled();
  let size = 0;
  const byLocal = function* () {
    for (let index = 0; index < labelled.length; index++) {
      const { local, labels } = labelled.at(index);
      yield { local, domains: labels };
    }
  };
  return {
    get size() {
      return size;
    },
    get locals() {
      return labelled.length;
    },
    add(address) {
      if (labelled.add(localOf(address), domainPartOf(address))) size++;
    },
    has: (address) => labelled.has(localOf(address), domainPartOf(address)),
    byLocal,
    *[Symbol.iterator]() {
      for (const { local, domains } of byLocal()) for (const domain of domains) yield `${local}@${domain}`;
    },
  };
}

export const NO_ADDRESSES: AddressSet = createAddressSet();

export const domainPartOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);

/** What of `all` is not in `others`. */
export function* withoutAddresses(all: AddressSet, others: AddressSet): Steps<AddressSet> {
  if (all === others || all.size === 0) return NO_ADDRESSES;
  const left = createAddressSet();
  for (const address of all) {
    if (!others.has(address)) left.add(address);
    if (isPauseDue()) yield;
  }
  return left;
}
