/** What is published now, told from what is wished for: only what differs is read, and the answer is the same. */
import { beforeEach, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../../src/api/types.generated.ts";
import { allSteps } from "../../../../src/base/steps.ts";
import { chunkAccounts } from "../../../../src/publication/chunks.ts";
import { type ConfigMaps, createConfigMaps } from "../../../../src/publication/configmaps.ts";
import type { Publication } from "../../../../src/publication/manifest.ts";
import type { Account } from "../../../../src/recipients/model.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../../src/runtime/kube.ts";
import type { Client } from "../../../../src/runtime/types.ts";
import { publishedAccounts } from "../../../../src/sync/run/load-baseline.ts";
import { createMemoryCluster, type MemoryCluster } from "../../../support/memory-cluster.ts";
import { manyMailboxes } from "../../recipients/support/accounts.ts";
import { packed } from "../../recipients/support/whole.ts";

const SYNC = {
  metadata: { namespace: "mail", name: "example-com", uid: "1" },
  spec: { output: { deletionPolicy: "Delete" } },
} as unknown as O365Sync;
const { signal } = new AbortController();
const CHUNKS = 4;
const ACCOUNTS = manyMailboxes(4000);
const byAddress = (accounts: readonly Account[]): Account[] =>
  accounts.toSorted((a, b) => (a.address < b.address ? -1 : 1));

let cluster: MemoryCluster;
let maps: ConfigMaps;
let read: string[];
let publication: Publication;

beforeEach(async () => {
  cluster = createMemoryCluster(() => 0);
  read = [];
  const client: Client = {
    ...cluster.client,
    get(type, key, options) {
      read.push(key.name);
      return cluster.client.get(type, key, options);
    },
  };
  maps = createConfigMaps({ client, cache: cluster.store<ConfigMap>(CONFIG_MAP) });
  const chunks = allSteps(chunkAccounts(packed(ACCOUNTS), CHUNKS));
  expect(chunks.count).toBe(CHUNKS);
  const accounts = [];
  for (let index = 0; index < CHUNKS; index++) {
    const name = `example-com-accounts-${index}`;
    const data = { "accounts.jsonl": allSteps(chunks.bytes(index)).toString() };
    const { sha256 } = await maps.write(SYNC, { name, role: "accounts", data }, undefined, signal);
    accounts.push({ name, sha256, accounts: chunks.accountsIn(index) });
  }
  publication = { accounts, chunks: CHUNKS } as unknown as Publication;
});

const published = (wish: readonly Account[]) => publishedAccounts(maps, SYNC, publication, signal, packed(wish));

async function damage(name: string): Promise<void> {
  const found = cluster.store<ConfigMap>(CONFIG_MAP).get(`mail/${name}`) as ConfigMap;
  await cluster.client.replace(CONFIG_MAP, { ...found, data: { "accounts.jsonl": "" } }, { signal });
}

describe("The published accounts", () => {
  const [first, ...others] = ACCOUNTS as [Account, ...Account[]];
  const changed: readonly [string, readonly Account[], number][] = [
    ["the same", ACCOUNTS, 0],
    ["one alias more", [{ ...first, aliases: ["new@example.com"] }, ...others], 1],
    ["one account less", others, 1],
    ["another address", [{ ...first, address: "new@example.com" }, ...others], 1],
    ["another kind of object", [{ ...first, type: "contact" }, ...others], 1],
    ["nobody", [], CHUNKS],
    ["fewer ConfigMaps", others.slice(0, 100), CHUNKS],
  ];

  it.each(changed)("are told where the wish has %s, and what it changes alone is read", async (_, wish, reads) => {
    expect([...((await published(wish)) ?? [])]).toEqual(byAddress(ACCOUNTS));
    expect(read).toHaveLength(reads);
  });

  it("are not told where the ConfigMap is damaged that has to be read", async () => {
    const wish = [{ ...first, aliases: ["new@example.com"] }, ...others];
    await published(wish);
    await damage(read[0] ?? "");
    expect(await published(wish)).toBeUndefined();
  });

  it("are what the manifest names, also where a ConfigMap was damaged meanwhile that the wish tells the content of", async () => {
    await damage("example-com-accounts-0");
    expect([...((await published(ACCOUNTS)) ?? [])]).toEqual(byAddress(ACCOUNTS));
  });
});
