/** A draft that leaves tables as they stand is the draft that renders them all again. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { allSteps } from "../../../src/base/steps.ts";
import type { Publication } from "../../../src/publication/manifest.ts";
import { type DraftInput, draftPublication } from "../../../src/publication/publication.ts";
import { untouchedTables } from "../../../src/publication/untouched.ts";
import type { Account, DomainNames } from "../../../src/recipients/model.ts";
import type { OutputOptions } from "../../../src/recipients/tables/formats/formats.ts";
import { anyAccounts, anyNames, manyMailboxes, mirror, NAMES, names } from "../recipients/support/accounts.ts";
import { packed } from "../recipients/support/whole.ts";

const objectWith = (output: OutputOptions): O365Sync =>
  ({
    metadata: { namespace: "mail", name: "example-com" },
    spec: { cloud: "Global", tenantId: "contoso.onmicrosoft.com", output },
  }) as unknown as O365Sync;

type Wanted = Pick<DraftInput, "before" | "published"> & {
  readonly output: OutputOptions;
  readonly accounts: readonly Account[];
  readonly names: DomainNames;
};

function drafted({ output, accounts, ...rest }: Wanted) {
  const input = { object: objectWith(output), accounts: packed(accounts), now: 0, ...rest };
  const draft = allSteps(draftPublication(input));
  return { publication: draft.publication, contents: draft.parts.map((part) => allSteps(draft.contentOf(part))) };
}

const publish = (wanted: Wanted): Publication => ({ ...drafted(wanted).publication, time: "2026-01-01T00:00:00.000Z" });

const anyOutput: fc.Arbitrary<OutputOptions> = fc.record({
  shards: fc.constantFrom(1, 2, 8),
  formats: fc.constantFrom<OutputOptions["formats"][]>(["postfix"], ["aliases", "cdb"], ["addresses"], []),
});

describe("A draft beside what stands", () => {
  it("is the same whether the tables are rendered that no change touches or not", () => {
    const step = fc.record({ accounts: anyAccounts, names: anyNames, output: anyOutput });
    fc.assert(
      fc.property(step, step, fc.boolean(), fc.boolean(), (first, then, sameNames, sameOutput) => {
        const before = publish({ ...first, before: undefined });
        const wanted = {
          accounts: [...first.accounts.slice(1), ...then.accounts.filter(isBeside(first.accounts))],
          names: sameNames ? first.names : then.names,
          output: sameOutput ? first.output : then.output,
          before,
        };
        expect(drafted({ ...wanted, published: packed(first.accounts) })).toEqual(drafted(wanted));
      }),
      { numRuns: 40 },
    );
  });

  const accounts = manyMailboxes(500);
  const [first, ...others] = accounts as [Account, ...Account[]];
  const output: OutputOptions = { shards: 16, formats: ["aliases", "postfix"] };
  it.each<[string, readonly Account[], DomainNames, number]>([
    ["nothing", accounts, NAMES, 0],
    ["the kind of an account", [{ ...first, type: "contact" }, ...others], NAMES, 1],
    ["an account that goes", others, NAMES, 1],
    ["the names", accounts, names(mirror("example.org")), 16],
    ["everything", [], NAMES, 16],
  ])("renders anew of 16 tables those that are touched by %s", (_, changed, then, touched) => {
    const before = publish({ accounts, names: NAMES, output, before: undefined });
    const published = { publication: before, accounts: packed(accounts) };
    const untouched = allSteps(untouchedTables(published, { accounts: packed(changed), names: then }));
    const layout = { ...output, formats: [...output.formats] };
    const rendered = Array.from({ length: 16 }, (_, index) => untouched(layout, index)).filter(
      (table) => table === undefined,
    );
    expect(rendered).toHaveLength(touched);
  });
});

/** Each address stands once on a list. */
function isBeside(standing: readonly Account[]): (account: Account) => boolean {
  const taken = new Set(standing.flatMap(({ address, aliases }) => [address, ...aliases]));
  return ({ address, aliases }) => ![address, ...aliases].some((each) => taken.has(each));
}
