/** ConfigMaps as the operator publishes them, and an API server that shows each of them alone and late. */
import { contentHash } from "../../../src/publication/configmaps.ts";
import { type Publication, SCHEMA_VERSION, serializeManifest } from "../../../src/publication/manifest.ts";
import type { DomainNames } from "../../../src/recipients/model.ts";
import type { Format } from "../../../src/recipients/tables/formats/formats.ts";
import { renderRelayDomains, renderTransport } from "../../../src/recipients/tables/routing.ts";
import type { ConfigMap, KubeObject } from "../../../src/runtime/kube.ts";
import { ApiError, type Client } from "../../../src/runtime/types.ts";
import { mailbox } from "../../unit/recipients/support/accounts.ts";
import { render } from "../../unit/recipients/support/whole.ts";

export const NAMESPACE = "mail";

export interface Published {
  readonly sync?: string;
  readonly domain?: string;
  readonly names?: DomainNames;
  readonly addresses: readonly string[];
  readonly shards?: number;
  readonly formats?: readonly Format[];
  /** When it was committed; its number of seconds. */
  readonly at?: number;
}

const metadata = (name: string, role: string, labels: Record<string, string>) => ({
  name,
  namespace: NAMESPACE,
  labels: { "app.kubernetes.io/managed-by": "o365-sync-operator", "o365sync.dev/role": role, ...labels },
});
const digest = `sha256:${"0".repeat(64)}`;

/** The tables first, then the manifest that names them. */
export function publication(published: Published): ConfigMap[] {
  const {
    sync = "example-com",
    domain = "example-com",
    addresses,
    shards = 1,
    formats = ["cdb", "postfix"],
  } = published;
  const { names = { domain: "example.com", aliasDomains: [] }, at = 1 } = published;
  const labels = { "o365sync.dev/sync": sync, "o365sync.dev/domain": domain };
  const accounts = addresses.map((address) => mailbox(address));
  const { tables, addresses: count } = render(accounts, names, { formats, shards });
  const maps = tables.map(({ index, data, binaryData }): ConfigMap => {
    const name = shards === 1 ? `${sync}-recipients` : `${sync}-recipients-${shards}-${index}`;
    return { metadata: metadata(name, "recipients", labels), data: { ...data }, binaryData: { ...binaryData } };
  });
  const current: Publication = {
    revision: digest,
    domain: names.domain,
    aliasDomains: names.aliasDomains,
    output: { formats, shards },
    retiring: [],
    chunks: 1,
    time: new Date(at * 1000).toISOString(),
    counts: { accounts: accounts.length, distributionLists: 0, aliases: 0, addresses: count },
    accounts: [{ name: `${sync}-accounts-0`, sha256: digest, accounts: accounts.length }],
    layouts: [
      {
        formats,
        shards,
        tables: tables.map((table, index) => ({
          name: maps[index]?.metadata.name ?? "",
          sha256: contentHash(table),
          addresses: table.addresses,
          bytes: table.bytes,
        })),
      },
    ],
  };
  const manifest = serializeManifest({ schemaVersion: SCHEMA_VERSION, current, removals: [] });
  return [...maps, { metadata: metadata(`${sync}-manifest`, "manifest", labels), data: { "manifest.json": manifest } }];
}

export function routing(names: readonly string[], domain = "example-com"): ConfigMap {
  const data = {
    relay_domains: renderRelayDomains(names),
    transport: renderTransport(names, [{ host: "inbound.example", preference: 10 }], 25),
  };
  return { metadata: metadata(`${domain}-routing`, "routing", { "o365sync.dev/domain": domain }), data };
}

export interface ShownCluster {
  readonly client: Pick<Client, "get">;
  show(configMap: ConfigMap): void;
  hide(name: string): void;
  versionOf(name: string): string | undefined;
}

/** Answers with what was shown last under each name. */
export function createShownCluster(): ShownCluster {
  const shown = new Map<string, ConfigMap>();
  let version = 0;
  return {
    client: {
      get<T extends KubeObject>(_type: unknown, { name }: { readonly name: string }): Promise<T> {
        const found = shown.get(name);
        if (found === undefined) return Promise.reject(new ApiError("not found", 404, "NotFound"));
        return Promise.resolve(found as KubeObject as T);
      },
    },
    show(configMap) {
      const resourceVersion = String(++version);
      shown.set(configMap.metadata.name, { ...configMap, metadata: { ...configMap.metadata, resourceVersion } });
    },
    hide: (name) => void shown.delete(name),
    versionOf: (name) => shown.get(name)?.metadata.resourceVersion,
  };
}
