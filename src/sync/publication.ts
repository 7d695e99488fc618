/** What a publication consists of: every ConfigMap with its data, as a pure function of accounts and blueprint. */
import { Failure } from "../api/failure.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { chunkAccounts } from "../recipients/chunks.ts";
import type { Account, AliasDomain, DomainNames, OutputOptions } from "../recipients/model.ts";
import { capacityOf, checkTables, type Rendered, render } from "../recipients/render.ts";
import { revisionOf } from "../recipients/revision.ts";
import { type Content, contentHash } from "./configmaps.ts";
import { type Blueprint, type Counts, layoutsOf, type Publication, retiring } from "./manifest.ts";
import { accountsName, tableName } from "./names.ts";

export interface Draft {
  readonly target: Blueprint;
  readonly accounts: readonly Account[];
  readonly contents: readonly Content[];
  readonly publication: Omit<Publication, "time">;
  /** Present when a ConfigMap is fuller than 70 %: how many shards would do. */
  readonly nearlyFull?: { readonly suggestedShards: number | undefined };
}

export interface DraftInput {
  readonly object: O365Sync;
  readonly before: Publication | undefined;
  readonly accounts: readonly Account[];
  readonly names: DomainNames;
  readonly now: number;
}

/** Throws Failure OutputTooLarge when the list does not fit; a retiring layout that no longer fits is given up instead. */
export function draftPublication({ object, before, accounts, names, now }: DraftInput): Draft {
  const output = outputOf(object);
  const all = retiring(before, output, now);
  const kept = all.filter((old) => old.shards === output.shards || capacityOf(render(accounts, names, old)).ok);
  const target: Blueprint = {
    revision: revisionOf(accounts, names),
    domain: names.domain,
    aliasDomains: names.aliasDomains,
    output,
    retiring: kept,
    chunks: chunkAccounts(accounts, before?.chunks).length,
  };
  return buildPublication(object.metadata.name, accounts, target);
}

export const outputOf = ({ spec }: O365Sync): OutputOptions => ({
  formats: [...spec.output.formats].sort(),
  shards: spec.output.shards,
});

/** Throws Failure OutputTooLarge. */
export function buildPublication(sync: string, accounts: readonly Account[], target: Blueprint): Draft {
  const { domain, aliasDomains } = target;
  const names: DomainNames = { domain, aliasDomains };
  const chunks = chunkAccounts(accounts, target.chunks).map((text, index): Content => {
    return { name: accountsName(sync, index), role: "accounts", data: { "accounts.jsonl": text } };
  });
  const rendered = layoutsOf(target).map((options) => ({ options, tables: checked(render(accounts, names, options)) }));
  const layouts = rendered.map(({ options, tables }) => {
    const contents = tables.tables.map(
      ({ index, data, binaryData }): Content => ({
        name: tableName(sync, options.shards, index),
        role: "recipients",
        data,
        binaryData,
      }),
    );
    return { options, tables, contents };
  });
  const publication: Omit<Publication, "time"> = {
    ...target,
    counts: countsOf(accounts, render(accounts, names, { formats: [], shards: 1 }).addresses),
    accounts: chunks.map((chunk) => ({
      name: chunk.name,
      sha256: contentHash(chunk),
      accounts: linesOf(chunk.data?.["accounts.jsonl"] ?? ""),
    })),
    layouts: layouts.map(({ options, tables, contents }) => ({
      ...options,
      tables: contents.map((content, index) => ({
        name: content.name,
        sha256: contentHash(content),
        addresses: tables.tables[index]?.addresses ?? 0,
        bytes: tables.tables[index]?.bytes ?? 0,
      })),
    })),
  };
  const crowded = rendered.map(({ tables }) => capacityOf(tables)).find(({ warn }) => warn);
  return {
    target,
    accounts,
    contents: [...chunks, ...layouts.flatMap(({ contents }) => contents)],
    publication,
    ...(crowded === undefined ? {} : { nearlyFull: { suggestedShards: crowded.suggestedShards } }),
  };
}

function checked(rendered: Rendered): Rendered {
  const { ok, suggestedShards } = capacityOf(rendered);
  if (!ok) {
    const cure =
      suggestedShards === undefined
        ? "even 128 shards would not do: choose fewer formats or split the domain"
        : `set spec.output.shards to ${suggestedShards} and mount the new ConfigMaps at the gateway`;
    throw new Failure("stalled", "OutputTooLarge", `a table would be larger than 900 KiB; ${cure}`);
  }
  checkTables(rendered);
  return rendered;
}

const linesOf = (text: string): number => text.split("\n").length - 1;

function countsOf(accounts: readonly Account[], addresses: number): Counts {
  return {
    accounts: accounts.length,
    distributionLists: accounts.filter(({ type }) => type === "distributionList").length,
    aliases: accounts.reduce((sum, { aliases }) => sum + aliases.length, 0),
    addresses,
  };
}

/** The names of a MailDomain, in an order that does not depend on how it was written. */
export function namesOf(domain: MailDomain): DomainNames {
  const aliasDomains = (domain.spec.aliasDomains ?? []).map(({ name, recipients }) => ({ name, recipients }));
  return { domain: domain.spec.domain, aliasDomains: aliasDomains.sort(byName) };
}

/**
 * The names to render published accounts for without asking the tenant: Mirror domains as the MailDomain has them now,
 * Directory domains as they were published, because only a read can tell their addresses.
 */
export function namesToRender(published: DomainNames, wanted: DomainNames): DomainNames {
  const isMirror = ({ recipients }: AliasDomain): boolean => recipients === "Mirror";
  const mirrors = wanted.aliasDomains.filter(isMirror);
  const kept = published.aliasDomains.filter(({ name, recipients }) => {
    if (mirrors.some((mirror) => mirror.name === name)) return false;
    return recipients === "Directory" || wanted.aliasDomains.some((alias) => alias.name === name);
  });
  return { domain: published.domain, aliasDomains: [...mirrors, ...kept].sort(byName) };
}

const byName = (a: AliasDomain, b: AliasDomain): number => (a.name < b.name ? -1 : 1);

/** Mirror domains whose addresses `names` no longer accepts as a whole. */
export function droppedMirrors(published: DomainNames, names: DomainNames): string[] {
  return published.aliasDomains
    .filter(({ name, recipients }) => {
      const now = names.aliasDomains.find((alias) => alias.name === name);
      return recipients === "Mirror" && now?.recipients !== "Mirror";
    })
    .map(({ name }) => name);
}

/** Whether the published ConfigMaps would be made differently now, without any change of the accounts. */
export function wantsRendering(current: Publication, wanted: DomainNames, output: OutputOptions): boolean {
  const names = namesToRender(current, wanted);
  return (
    JSON.stringify(names.aliasDomains) !== JSON.stringify(current.aliasDomains) ||
    JSON.stringify(output) !== JSON.stringify(current.output)
  );
}
