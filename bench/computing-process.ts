/** What a sync computes by itself, without HTTP, TLS and an API server: to be started by itself, so that its instructions can be counted. */
import type { O365Sync } from "../src/api/types.generated.ts";
import { parseInPieces } from "../src/base/bounded-json.ts";
import { allSteps } from "../src/base/steps.ts";
import { toObject } from "../src/directory/graph/objects.ts";
import { LISTING } from "../src/directory/sources.ts";
import { writeJournal } from "../src/publication/journal.ts";
import { type Draft, draftPublication } from "../src/publication/publication.ts";
import { createDeriver } from "../src/recipients/derive.ts";
import { diff } from "../src/recipients/diff.ts";
import { SOURCES, type Source } from "../src/recipients/model.ts";
import type { Roster } from "../src/recipients/packed/roster.ts";
import { revisionOf } from "../src/recipients/revision.ts";
import { entryOf, type Shape } from "./company.ts";

const PAGE = 999;
const LIMITS = { characters: 24 * 1024 * 1024, values: 1_000_000, depth: 32 };
const NAMES = { domain: "example.com", aliasDomains: [] };
const SYNC = {
  metadata: { name: "example-com", namespace: "mail" },
  spec: {
    tenantId: "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10",
    cloud: "Global",
    output: { formats: ["postfix"], shards: 16 },
  },
} as unknown as O365Sync;

interface Page {
  readonly source: Source;
  readonly text: string;
}

function pagesOf(shape: Shape): Page[] {
  return SOURCES.flatMap((source) => {
    const starts = Array.from({ length: Math.ceil(shape[source] / PAGE) }, (_, page) => page * PAGE);
    return starts.map((start) => {
      const length = Math.min(PAGE, shape[source] - start);
      const value = Array.from({ length }, (_, index) => entryOf(source, start + index, shape));
      return { source, text: JSON.stringify({ value }) };
    });
  });
}

interface Read {
  readonly accounts: Roster;
  readonly revision: string;
}

function read(pages: readonly Page[]): Read {
  const deriver = createDeriver({ names: NAMES, excludeRecords: [], staticRecipients: [], formats: ["postfix"] });
  for (const { source, text } of pages) {
    const { value } = allSteps(parseInPieces(text, LIMITS)) as { value: unknown[] };
    for (const entry of value) deriver.add(toObject(LISTING[source], source, entry));
  }
  const { accounts } = allSteps(deriver.finish());
  return { accounts, revision: allSteps(revisionOf(accounts, NAMES)) };
}

function publish({ accounts, revision }: Read, standing?: { readonly draft: Draft; readonly accounts: Roster }): Draft {
  const before = standing && { ...standing.draft.publication, time: "2026-01-01T00:00:00.000Z" };
  const published = standing?.accounts;
  const baseline = published === undefined ? NOTHING : { kind: "accounts" as const, accounts: published, names: NAMES };
  allSteps(diff(baseline, { accounts, names: NAMES }));
  const input = { object: SYNC, before, published, accounts, names: NAMES, revision, now: 0 };
  const draft = allSteps(draftPublication(input));
  allSteps(writeJournal(published, accounts, published === undefined));
  const standingDigests = new Set(
    [...(before?.accounts ?? []), ...(before?.layouts[0]?.tables ?? [])].map(({ sha256 }) => sha256),
  );
  for (const part of draft.parts) if (!standingDigests.has(part.sha256)) allSteps(draft.contentOf(part));
  return draft;
}
const NOTHING = { kind: "none" } as const;

const [what, users = "0"] = process.argv.slice(2);
const shape: Shape = {
  users: Number(users),
  groups: Math.ceil(Number(users) / 20),
  contacts: Math.ceil(Number(users) / 50),
  domains: ["example.com"],
  renewed: 0,
};
const pages = pagesOf(shape);
const renewed = pagesOf({ ...shape, renewed: 1 });
if (what === "unchanged") read(pages);
if (what === "first" || what === "one alias more") {
  const first = read(pages);
  const draft = publish(first);
  if (what === "one alias more") publish(read(renewed), { draft, accounts: first.accounts });
}
