/** Plays a mail gateway that mounts every ConfigMap of a namespace, and asserts the invariants of the mounted files. */

import { contentHash } from "../../src/publication/configmaps.ts";
import { contentsOf } from "../../src/publication/manifest.ts";
import { parseManifest } from "../../src/publication/read-manifest.ts";
import type { ConfigMap } from "../../src/runtime/kube.ts";
import { cdbKeys } from "../unit/recipients/support/read-cdb.ts";

export interface Gateway {
  /** Takes a look at what stands now; throws Error with what is broken. Each ConfigMap may come alone, as kubelet swaps them. */
  observe(configMaps: readonly ConfigMap[]): void;
  /** From now on these addresses must never be missing, until `release`. */
  expectAlways(addresses: Iterable<string>): void;
  release(): void;
  /** What it accepts now, by the tables of one layout. */
  accepted(): ReadonlySet<string>;
}

const TEXT_TABLES = ["relay_recipients", "recipients.map", "virtual_aliases"];
/** A constant database without records. */
const NO_DATABASE = Buffer.alloc(4).toString("base64");
const ROLE = "o365sync.dev/role";

export function createGateway(): Gateway {
  let accepted: ReadonlySet<string> = new Set();
  let always: ReadonlySet<string> = new Set();

  return {
    observe(configMaps) {
      const tables = configMaps.filter(({ metadata }) => metadata.labels?.[ROLE] === "recipients");
      for (const table of tables) checkTable(table);
      const layouts = groupByLayout(tables);
      for (const [layout, maps] of layouts) checkDuplicates(layout, maps);
      checkManifests(configMaps);
      const named = namedTables(configMaps);
      accepted = new Set([...tables].filter(({ metadata }) => named.has(metadata.name)).flatMap(addressesOf));
      for (const address of always) {
        if (!accepted.has(address)) throw new Error(`${address} is missing, and was valid before and after`);
      }
      checkRoutes(configMaps, accepted);
    },
    expectAlways(addresses) {
      always = new Set(addresses);
    },
    release() {
      always = new Set();
    },
    accepted: () => accepted,
  };
}

const keysOf = (text: string): string[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" ")[0] ?? "");

function addressesOf({ data, binaryData }: ConfigMap): string[] {
  const text = data?.["relay_recipients"] ?? data?.["recipients.map"];
  if (text !== undefined) return keysOf(text);
  return cdbKeys(Buffer.from(binaryData?.["relay_recipients.cdb"] ?? NO_DATABASE, "base64"));
}

/** Every table loads without a warning: sorted, lower-case, unique, not empty, last line ended. */
function checkTable({ metadata, data = {} }: ConfigMap): void {
  for (const table of TEXT_TABLES.filter((name) => data[name] !== undefined)) {
    const where = `${table} of ${metadata.name}`;
    const text = data[table] ?? "";
    if (text === "") throw new Error(`${where} is empty`);
    if (!text.endsWith("\n")) throw new Error(`${where} does not end with a newline`);
    if (text !== text.toLowerCase().replaceAll(" ok\n", " OK\n")) throw new Error(`${where} is not lower-case`);
    const keys = keysOf(text);
    for (const [index, key] of keys.entries()) {
      if (key === "" || key.startsWith("#")) throw new Error(`${where} has a line that is none`);
      if (index > 0 && (keys[index - 1] ?? "") >= key) throw new Error(`${where} is not sorted, or holds ${key} twice`);
    }
  }
}

function groupByLayout(tables: readonly ConfigMap[]): Map<string, ConfigMap[]> {
  const layouts = new Map<string, ConfigMap[]>();
  for (const table of tables) {
    const layout = table.metadata.name.replace(/-\d+$/, "");
    layouts.set(layout, [...(layouts.get(layout) ?? []), table]);
  }
  return layouts;
}

/** One duplicate over two shards makes Postfix defer all mail. */
function checkDuplicates(layout: string, maps: readonly ConfigMap[]): void {
  for (const table of TEXT_TABLES) {
    const keys = maps.flatMap(({ data }) => keysOf(data?.[table] ?? ""));
    if (new Set(keys).size !== keys.length) throw new Error(`${table} of ${layout} holds an address in two shards`);
  }
}

/** What is published can be told by its manifest, as long as nothing is under way. */
function checkManifests(configMaps: readonly ConfigMap[]): void {
  const byName = new Map(configMaps.map((configMap) => [configMap.metadata.name, configMap]));
  for (const manifest of manifestsOf(configMaps)) {
    if (manifest.intent !== undefined) continue;
    for (const { name, sha256 } of contentsOf(manifest.current)) {
      const found = byName.get(name);
      if (found === undefined || contentHash(found) !== sha256)
        throw new Error(`${name} is not what the manifest says`);
    }
  }
}

function manifestsOf(configMaps: readonly ConfigMap[]) {
  return configMaps.flatMap(({ metadata, data }) => {
    if (metadata.labels?.[ROLE] !== "manifest") return [];
    const parsed = parseManifest(data?.["manifest.json"]);
    return parsed.kind === "ok" ? [parsed.manifest] : [];
  });
}

/** What a gateway would mount: the tables of the first layout that a manifest names, all that stand where none tells. */
function namedTables(configMaps: readonly ConfigMap[]): Set<string> {
  const manifests = manifestsOf(configMaps);
  const named = manifests.flatMap(({ current }) => current?.layouts[0]?.tables.map(({ name }) => name) ?? []);
  if (named.length > 0) return new Set(named);
  const tables = configMaps.filter(({ metadata }) => metadata.labels?.[ROLE] === "recipients");
  return new Set(tables.map(({ metadata }) => metadata.name));
}

/** A domain is routed only while its table stands. */
function checkRoutes(configMaps: readonly ConfigMap[], accepted: ReadonlySet<string>): void {
  const domains = new Set([...accepted].map((address) => address.split("@")[1]));
  for (const { metadata, data } of configMaps) {
    if (metadata.labels?.[ROLE] !== "routing") continue;
    for (const domain of keysOf(data?.["relay_domains"] ?? "")) {
      const filler = domain.endsWith(".invalid");
      if (!filler && !domains.has(domain)) throw new Error(`${domain} is routed without a table`);
    }
  }
}
