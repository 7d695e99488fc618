/** Which addresses of a list a format of tables has no room for: of accounts, and of what Mirror domains repeat. */
import { isPauseDue, type Steps } from "../base/steps.ts";
import type { LeftOutCollector } from "./left-out.ts";
import type { DomainNames } from "./model.ts";
import { localOf } from "./packed/buckets.ts";
import type { Roster } from "./packed/roster.ts";
import type { Format } from "./tables/formats/formats.ts";
import { isCarriedBy } from "./tables/formats/formats.ts";

/** Tells each of them with its object; a static recipient has none. */
export function* tellUncarried(
  accounts: Roster,
  names: DomainNames,
  formats: readonly Format[],
  leftOut: LeftOutCollector,
): Steps<void> {
  const mirrors = names.aliasDomains.filter(({ recipients }) => recipients === "Mirror").map(({ name }) => name);
  const own = `@${names.domain}`;
  const repeated = new Map<string, string | undefined>();
  const carried = (address: string, primary: string): boolean =>
    formats.every((format) => isCarriedBy(format, address, primary));
  for (let index = 0; index < accounts.length; index++) {
    const primary = accounts.addressAt(index, 0);
    const object = accounts.typeOf(index) === "static" ? undefined : accounts.idOf(index);
    for (let place = 0; place < accounts.countOf(index); place++) {
      if (isPauseDue()) yield;
      const address = accounts.addressAt(index, place);
      if (!carried(address, primary)) leftOut.add(told(address, object));
      if (mirrors.length === 0 || !address.endsWith(own)) continue;
      // Formats mind what stands before the @: what one Mirror domain repeats is carried where the others are.
      if (!carried(`${localOf(address)}@${mirrors[0]}`, primary)) repeated.set(localOf(address), object);
    }
  }
  const real = yield* realAmong(accounts, repeated, mirrors);
  for (const [local, object] of repeated) {
    for (const mirror of mirrors) {
      const address = `${local}@${mirror}`;
      if (!real.has(address)) leftOut.add(told(address, object));
      if (isPauseDue()) yield;
    }
  }
}

const told = (address: string, object: string | undefined) =>
  ({ address, ...(object === undefined ? {} : { object }), reason: "format" }) as const;

/** What the tenant really has at an address goes before the copy. */
function* realAmong(
  accounts: Roster,
  repeated: ReadonlyMap<string, unknown>,
  mirrors: readonly string[],
): Steps<Set<string>> {
  const real = new Set<string>();
  if (repeated.size === 0) return real;
  for (let index = 0; index < accounts.length; index++) {
    for (let place = 0; place < accounts.countOf(index); place++) {
      if (isPauseDue()) yield;
      const address = accounts.addressAt(index, place);
      if (mirrors.some((name) => address.endsWith(`@${name}`)) && repeated.has(localOf(address))) real.add(address);
    }
  }
  return real;
}
