/** The functions of recipients/ for tests: all their steps at once, and accounts as plain lists. */

import { allSteps } from "../../../../src/base/steps.ts";
import * as chunks from "../../../../src/publication/chunks.ts";
import { acceptedParts, countAccepted as acceptedSteps } from "../../../../src/recipients/accepted.ts";
import type { Baseline } from "../../../../src/recipients/baseline.ts";
import * as confirm from "../../../../src/recipients/confirm.ts";
import {
  createDeriver as createStepDeriver,
  type Derived,
  type DeriveOptions,
} from "../../../../src/recipients/derive.ts";
import * as core from "../../../../src/recipients/diff.ts";
import type { Account, Change, DirectoryObject, DomainNames, Plan } from "../../../../src/recipients/model.ts";
import { type AddressSet, createAddressSet } from "../../../../src/recipients/packed/address-set.ts";
import { type Roster, rosterOf } from "../../../../src/recipients/packed/roster.ts";
import * as planFile from "../../../../src/recipients/plan-file.ts";
import * as planText from "../../../../src/recipients/plan-text.ts";
import * as revision from "../../../../src/recipients/revision.ts";
import * as cdb from "../../../../src/recipients/tables/constant-database.ts";
import type { Format, OutputOptions } from "../../../../src/recipients/tables/formats/formats.ts";
import {
  checkShard,
  measureShards,
  prepareTables,
  type RenderedShard,
  renderShard,
} from "../../../../src/recipients/tables/render.ts";

export type ListedBaseline =
  | Exclude<Baseline, { kind: "accounts" }>
  | { readonly kind: "accounts"; readonly accounts: readonly Account[]; readonly names: DomainNames };

export interface ListedWish {
  readonly accounts: readonly Account[];
  readonly names: DomainNames;
}

export interface ListedPlan extends Plan {
  readonly changes: readonly Change[];
}

export const packed = (accounts: readonly Account[]): Roster => allSteps(rosterOf(accounts));

export const packedBaseline = (baseline: ListedBaseline): Baseline =>
  baseline.kind === "accounts" ? { ...baseline, accounts: packed(baseline.accounts) } : baseline;

const packedWish = ({ accounts, names }: ListedWish): core.Wish => ({ accounts: packed(accounts), names });
const listed = (plan: Plan): ListedPlan => ({ ...plan, changes: [...plan.changes] });

export const diff = (baseline: ListedBaseline, wish: ListedWish): ListedPlan =>
  listed(allSteps(core.diff(packedBaseline(baseline), packedWish(wish))));
export const planOf = (changes: readonly Change[]): ListedPlan => listed(allSteps(core.planOf(changes)));
export const subtract = (plan: Plan, shown: Plan): ListedPlan => listed(allSteps(core.subtract(plan, shown)));
export const lostAddresses = (baseline: ListedBaseline, wish: ListedWish): string[] =>
  [...allSteps(core.lostAddresses(packedBaseline(baseline), packedWish(wish)))].sort();
export function addressSet(addresses: readonly string[]): AddressSet {
  const set = createAddressSet();
  for (const address of addresses) set.add(address);
  return set;
}

/** Sorted. Counted in the other way too. */
export function acceptedAddresses(accounts: readonly Account[], names: DomainNames): Set<string> {
  const roster = packed(accounts);
  const all: string[] = [];
  const parts = allSteps(acceptedParts(roster, names, 4));
  for (let part = 0; part < 4; part++) all.push(...allSteps(parts(part)).keys());
  if (all.length !== allSteps(acceptedSteps(roster, names))) throw new Error("counted and listed differ");
  return new Set(all.sort());
}

export interface Rendered {
  readonly tables: readonly RenderedShard[];
  /** Addresses that a format cannot carry, over all shards. */
  readonly leftOut: Partial<Record<Format, number>>;
  readonly addresses: number;
}

/** Every shard; none when there are no formats. Measured and rendered sizes must agree. */
export function render(accounts: readonly Account[], names: DomainNames, options: OutputOptions): Rendered {
  const roster = packed(accounts);
  const prepared = allSteps(prepareTables(roster, names));
  const sizes = allSteps(measureShards(prepared, options));
  const tables = sizes.map((_, index) => allSteps(renderShard(prepared, options, index)));
  const leftOut: Partial<Record<Format, number>> = {};
  for (const [index, { addresses, bytes, leftOut: left }] of sizes.entries()) {
    if (tables[index]?.bytes !== bytes || tables[index]?.addresses !== addresses)
      throw new Error(
        `shard ${index} was measured ${addresses}, ${bytes} and is ${tables[index]?.addresses}, ${tables[index]?.bytes}`,
      );
    for (const [format, count] of Object.entries(left))
      leftOut[format as Format] = (leftOut[format as Format] ?? 0) + count;
  }
  return { tables, leftOut, addresses: allSteps(acceptedSteps(roster, names)) };
}

export function checkTables({ tables }: Pick<Rendered, "tables">): void {
  for (const shard of tables) allSteps(checkShard(shard, tables.length));
}

export const revisionOf = (accounts: readonly Account[], names: DomainNames): string =>
  allSteps(revision.revisionOf(packed(accounts), names));

/** The text of every chunk. */
export function chunkAccounts(accounts: readonly Account[], previousCount?: number): string[] {
  const found = allSteps(chunks.chunkAccounts(packed(accounts), previousCount));
  const texts = Array.from({ length: found.count }, (_, index) => allSteps(found.bytes(index)).toString());
  for (const [index, text] of texts.entries())
    if (text.split("\n").length - 1 !== found.accountsIn(index)) throw new Error("a chunk is counted wrongly");
  return texts;
}
export const parseAccounts = (text: string): Account[] | undefined => allSteps(chunks.parseAccounts(text));

export const removalsToConfirm = (plan: Plan, rules: confirm.OwnRules): confirm.Removals =>
  allSteps(confirm.removalsToConfirm(plan, rules));

export const renderPlanText = (plan: Plan, head: readonly string[]): string =>
  allSteps(planText.renderPlanText(plan, head));

/** A stored plan with its parts as lists. */
export interface ListedStoredPlan extends Omit<planFile.StoredPlan, "plan" | "lost"> {
  readonly plan: ListedPlan;
  readonly lost: readonly string[];
}
export const writePlanFile = (stored: ListedStoredPlan): Buffer =>
  allSteps(planFile.writePlanFile({ ...stored, lost: addressSet(stored.lost) }));
export async function readPlanFile(data: Buffer): Promise<ListedStoredPlan | undefined> {
  const stored = await planFile.readPlanFile(data, new AbortController().signal);
  return stored && { ...stored, plan: listed(stored.plan), lost: [...stored.lost].sort() };
}

export const writeCdb = (entries: readonly cdb.CdbEntry[]): Buffer => allSteps(cdb.writeCdb(entries));

export interface ListedDerived extends Omit<Derived, "accounts" | "conflicts" | "excluded"> {
  readonly accounts: readonly Account[];
  /** Sorted. */
  readonly conflicts: readonly string[];
  /** Sorted. */
  readonly excluded: readonly string[];
}

export function derive(objects: readonly DirectoryObject[], options: DeriveOptions): ListedDerived {
  const deriver = createStepDeriver(options);
  for (const object of objects) deriver.add(object);
  const derived = allSteps(deriver.finish());
  const { accounts, conflicts, excluded } = derived;
  return { ...derived, accounts: [...accounts], conflicts: [...conflicts].sort(), excluded: [...excluded].sort() };
}
