/** A set of addresses that may be millions: five million that mirror a hundred thousand take what those take. */

import { isPauseDue, type Steps } from "../../base/steps.ts";
import { localOf } from "./buckets.ts";
import { createLabelled } from "./labelled.ts";

export interface AddressSet extends Iterable<string> {
  readonly size: number;
  has(address: string): boolean;
  /** Different local parts. */
  readonly locals: number;
}

export interface AddressSetBuilder extends AddressSet {
  add(address: string): void;
}

export function createAddressSet(): AddressSetBuilder {
  const byLocal = createLabelled();
  let size = 0;
  return {
    get size() {
      return size;
    },
    get locals() {
      return byLocal.length;
    },
    add(address) {
      if (byLocal.add(localOf(address), domainPartOf(address))) size++;
    },
    has: (address) => byLocal.has(localOf(address), domainPartOf(address)),
    *[Symbol.iterator]() {
      for (let index = 0; index < byLocal.length; index++) {
        const { local, labels } = byLocal.at(index);
        for (const domain of labels) yield `${local}@${domain}`;
      }
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
