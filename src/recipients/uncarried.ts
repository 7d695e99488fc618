/** Which addresses of a list a format of tables has no room for: of accounts, and of what Mirror domains repeat. */
import { isPauseDue, type Steps } from "../base/steps.ts";
import type { LeftOutCollector } from "./left-out.ts";
import type { DomainNames } from "./model.ts";
import { localOf } from "./packed/buckets.ts";
import { isPlainRecord } from "./packed/plain.ts";
import { bucketsFor, type Roster } from "./packed/roster.ts";
import type { Format } from "./tables/formats/formats.ts";
import { isCarriedBy } from "./tables/formats/formats.ts";

/** Tells each of them with its object; a static recipient has none. */
export function* tellUncarried(
  accounts: Roster,
  names: DomainNames,
  formats: readonly Format[],
  leftOut: LeftOutCollector,
): Steps<void> {
  const isCarried = (address: string, primary: string): boolean =>
    formats.every((format) => isCarriedBy(format, address, primary));
  const tell = (address: string, index: number): void =>
    leftOut.add({ address, ...objectOf(accounts, index), reason: "format" });
  for (let index = 0; index < accounts.length; index++) {
    if (isPauseDue()) yield;
    if (isPlainRecord(accounts, index)) continue;
    const primary = accounts.addressAt(index, 0);
    for (let place = 0; place < accounts.countOf(index); place++) {
      const address = accounts.addressAt(index, place);
      if (!isCarried(address, primary)) tell(address, index);
      if (isPauseDue()) yield;
    }
  }
  yield* tellRepeated(accounts, names, { isCarried, tell });
}

const objectOf = (accounts: Roster, index: number) =>
  accounts.typeOf(index) === "static" ? {} : { object: accounts.idOf(index) };

interface Telling {
  isCarried(address: string, primary: string): boolean;
  tell(address: string, index: number): void;
}

/** Of what Mirror domains repeat, a bucket at a time: what the tenant really has at an address goes before the copy. */
function* tellRepeated(accounts: Roster, names: DomainNames, { isCarried, tell }: Telling): Steps<void> {
  const mirrors = names.aliasDomains.filter(({ recipients }) => recipients === "Mirror").map(({ name }) => name);
  if (mirrors.length === 0) return;
  const own = `@${names.domain}`;
  const count = bucketsFor(accounts.addresses);
  const buckets = yield* accounts.deal(count);
  for (let bucket = 0; bucket < count; bucket++) {
    const here = new Map<string, number>();
    for (let slot = buckets.start(bucket); slot < buckets.start(bucket + 1); slot++) {
      const index = buckets.indexAt(slot);
      here.set(accounts.addressAt(index, buckets.placeAt(slot)), index);
      if (isPauseDue()) yield;
    }
    for (const [address, index] of here) {
      if (isPauseDue()) yield;
      if (!address.endsWith(own)) continue;
      const copies = mirrors.map((mirror) => `${localOf(address)}@${mirror}`);
      // Formats mind what stands before the @: what one Mirror domain repeats is carried where the others are.
      if (isCarried(copies[0] ?? "", accounts.addressAt(index, 0))) continue;
      for (const copy of copies) if (!here.has(copy)) tell(copy, index);
    }
  }
}
