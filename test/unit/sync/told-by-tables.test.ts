/** Where the manifest is lost, the tables tell which alias domains an O365Sync has published, and of which kind they are. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LABEL_ROLE } from "../../../src/api/group.ts";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import { allSteps } from "../../../src/base/steps.ts";
import type { ConfigMaps } from "../../../src/publication/configmaps.ts";
import type { Account, AliasDomain, DomainNames } from "../../../src/recipients/model.ts";
import { prepareTables, type RenderedShard, renderShard } from "../../../src/recipients/tables/render.ts";
import { aliasDomainsOfTables } from "../../../src/sync/told-by-tables.ts";
import { anyAccounts, anyNames, directory, mailbox, mirror, names } from "../recipients/support/accounts.ts";
import { packed } from "../recipients/support/whole.ts";

const SHARDS = 4;
const OBJECT = { metadata: { name: "example-com", namespace: "mail" } } as O365Sync;
const MAIL_DOMAIN = { metadata: { name: "example-com" }, spec: { domain: "example.com" } } as MailDomain;
const signal = new AbortController().signal;

function rendered(accounts: readonly Account[], published: DomainNames): RenderedShard[] {
  const tables = allSteps(prepareTables(packed(accounts), published));
  const options = { formats: ["addresses" as const], shards: SHARDS };
  return Array.from({ length: SHARDS }, (_, index) => allSteps(renderShard(tables, options, index)));
}

/** What the tables tell that were published under these names, of which the MailDomain claims none any more. */
function told(shards: readonly RenderedShard[], routed: readonly string[]): Promise<AliasDomain[]> {
  const nameOf = (index: number): string => `example-com-recipients-${SHARDS}-${index}`;
  const known = shards.map(({ index }) => ({ name: nameOf(index), labels: { [LABEL_ROLE]: "recipients" } }));
  const maps = {
    known: () => known,
    read: (_: O365Sync, name: string) =>
      Promise.resolve({ object: shards[known.findIndex((each) => each.name === name)] }),
  } as unknown as ConfigMaps;
  return aliasDomainsOfTables(maps, OBJECT, MAIL_DOMAIN, () => Promise.resolve(routed), signal);
}
const withoutManifest = (accounts: readonly Account[], published: DomainNames): Promise<AliasDomain[]> =>
  told(rendered(accounts, published), [published.domain, ...published.aliasDomains.map(({ name }) => name)]);

const PEOPLE = ["ada", "ben", "cleo"].map((local) => mailbox(`${local}@example.com`));

describe("Tables without a manifest tell", () => {
  it("a domain that repeats all recipients to be a Mirror, and one that has some of them to be a Directory", async () => {
    const accounts = [...PEOPLE, mailbox("ada@directory.example")];
    const published = names(directory("directory.example"), mirror("one.example"), mirror("two.example"));
    expect(await withoutManifest(accounts, published)).toEqual(published.aliasDomains);
  });

  it("a domain with other recipients besides to be a Mirror", async () => {
    const published = names(mirror("mirror.example"));
    expect(await withoutManifest([...PEOPLE, mailbox("dora@mirror.example")], published)).toEqual(
      published.aliasDomains,
    );
  });

  it("nothing of a domain that is routed and has no recipients, or that is not routed", async () => {
    const shards = rendered(PEOPLE, names(mirror("mirror.example"), mirror("unrouted.example")));
    expect(await told(shards, ["example.com", "mirror.example", "empty.example"])).toEqual([mirror("mirror.example")]);
  });

  it("each Mirror to be one, and no Directory that lacks somebody, whatever lists are published", async () => {
    await fc.assert(
      fc.asyncProperty(anyAccounts, anyNames, async (accounts, published) => {
        const lists = await withoutManifest(accounts, published);
        expect(lists.map(({ name }) => name)).toEqual(published.aliasDomains.map(({ name }) => name));
        const addresses = new Set(accounts.flatMap(({ address, aliases }) => [address, ...aliases]));
        const required = ["abuse", "postmaster"];
        const plain = [...addresses].filter((address) => /^[a-z]+@example\.com$/.test(address));
        for (const [index, { name, recipients }] of published.aliasDomains.entries()) {
          const isWhole = plain.every((address) => {
            const local = address.replace("@example.com", "");
            return required.includes(local) || addresses.has(`${local}@${name}`);
          });
          const found = lists[index]?.recipients;
          // A Directory that has everybody may be taken for a Mirror.
          expect(found).toBe(recipients === "Directory" && isWhole ? found : recipients);
        }
      }),
    );
  });
});
