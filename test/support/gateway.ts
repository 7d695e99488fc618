/**
 * Plays a mail gateway that mounts every ConfigMap of a namespace, and asserts the invariants of the mounted files.
 * It asks what a sender asks: an address is accepted when its domain is routed *and* a table lists it.
 */

import { contentHash } from "../../src/publication/configmaps.ts";
import { contentsOf, type Manifest, type Publication, stayingNames } from "../../src/publication/manifest.ts";
import { parseManifest } from "../../src/publication/read-manifest.ts";
import { FORMAT_NAMES, FORMATS, type Format } from "../../src/recipients/tables/formats/formats.ts";
import type { ConfigMap } from "../../src/runtime/kube.ts";
import { cdbKeys } from "../unit/recipients/support/read-cdb.ts";

export interface Gateway {
  /** Takes a look at what stands now; throws Error with what is broken. Each ConfigMap may come alone, as kubelet swaps them. */
  observe(configMaps: readonly ConfigMap[]): void;
  /** Where nothing is under way: every name that a published table carries is routed; throws Error with what is broken. */
  expectAtRest(configMaps: readonly ConfigMap[], except?: (name: string, listOf: string) => boolean): void;
  /** From now on these addresses must never be missing, until `release`. */
  expectAlways(addresses: Iterable<string>): void;
  release(): void;
  /** A person takes files or servers away on purpose: what was routed may be routed no more, or without a table. */
  forgetRoutes(): void;
  /** Somebody damages a ConfigMap: until it is as its manifest says again, that is not held against the operator. */
  forgive(name: string): void;
  /** A person takes a table away: nobody was promised that it stays. */
  unmount(name: string): void;
  /** What it accepts now: routed, and in the tables of one layout. */
  accepted(): ReadonlySet<string>;
}

const TEXT_TABLES = ["relay_recipients", "recipients.map", "virtual_aliases"];
/** A constant database without records. */
const NO_DATABASE = Buffer.alloc(4).toString("base64");
const ROLE = "o365sync.dev/role";
const SYNC = "o365sync.dev/sync";
const DOMAIN_NAME = "o365sync.dev/domain-name";

/** `now`: where it is known, tables must also stand as long as manifests promise it to gateways. */
export function createGateway(now?: () => number): Gateway {
  const promises = createPromises();
  const forgiven = new Set<string>();
  const mounted: Mounted = new Map();
  let accepted: ReadonlySet<string> = new Set();
  let always: ReadonlySet<string> = new Set();
  let routed: ReadonlySet<string> = new Set();
  let routedFor: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  let forgotten: ReadonlySet<string> = new Set();

  return {
    observe(configMaps) {
      const tables = withRole(configMaps, "recipients");
      for (const table of tables) checkTable(table);
      for (const [layout, maps] of groupByLayout(tables)) checkDuplicates(layout, maps);
      checkManifests(configMaps, forgiven);
      const manifests = manifestsOf(configMaps);
      if (now !== undefined) promises.check(tables, [...manifests.values()], now());
      const routes = routedBy(configMaps);
      const listed = tablesOf(configMaps, manifests, mounted).flatMap(addressesOf);
      accepted = new Set(listed.filter((address) => routes.has(domainOf(address))));
      const listedNames = new Set(tables.flatMap(addressesOf).map(domainOf));
      for (const name of routes)
        if (!listedNames.has(name) && !forgotten.has(name)) throw new Error(`${name} is routed without a table`);
      forgotten = new Set([...forgotten].filter((name) => !listedNames.has(name)));
      const before = routedFor;
      routedFor = routesByDomain(configMaps);
      // A table may carry a name that another list's domain is routed with: only its own routing answers for it.
      for (const [name, listOf] of carried(manifests))
        if (before.get(listOf)?.has(name) && !routes.has(name))
          throw new Error(`${name} is no longer routed, and a published table carries it`);
      routed = routes;
      for (const address of always) {
        if (accepted.has(address)) continue;
        const what = listed.includes(address) ? "is not routed" : "is missing";
        throw new Error(`${address} ${what}, and was valid before and after`);
      }
    },
    expectAtRest(configMaps, except = () => false) {
      const routes = routedBy(configMaps);
      for (const [name, listOf] of carried(manifestsOf(configMaps)))
        if (!routes.has(name) && !except(name, listOf))
          throw new Error(`a published table carries ${name}, which is not routed`);
    },
    expectAlways(addresses) {
      always = new Set(addresses);
    },
    release() {
      always = new Set();
    },
    forgive: (name) => void forgiven.add(name),
    unmount: (name) => promises.forget(name),
    forgetRoutes() {
      promises.forget();
      forgotten = new Set([...forgotten, ...routed]);
      routed = new Set();
      routedFor = new Map();
    },
    accepted: () => accepted,
  };
}

const domainOf = (address: string): string => address.split("@")[1] ?? "";

const withRole = (configMaps: readonly ConfigMap[], role: string): ConfigMap[] =>
  configMaps.filter(({ metadata }) => metadata.labels?.[ROLE] === role);

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
  for (const table of TEXT_TABLES.filter((name) => data[name] !== undefined))
    checkLines(`${table} of ${metadata.name}`, data[table] ?? "");
}

function checkLines(where: string, text: string): void {
  if (text === "") throw new Error(`${where} is empty`);
  if (!text.endsWith("\n")) throw new Error(`${where} does not end with a newline`);
  if (text !== text.toLowerCase().replaceAll(" ok\n", " OK\n")) throw new Error(`${where} is not lower-case`);
  const keys = keysOf(text);
  for (const [index, key] of keys.entries()) {
    if (key === "" || key.startsWith("#")) throw new Error(`${where} has a line that is none`);
    if (index > 0 && (keys[index - 1] ?? "") >= key) throw new Error(`${where} is not sorted, or holds ${key} twice`);
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
function checkManifests(configMaps: readonly ConfigMap[], forgiven: Set<string>): void {
  const byName = new Map(configMaps.map((configMap) => [configMap.metadata.name, configMap]));
  for (const manifest of manifestsOf(configMaps).values()) {
    if (manifest.intent !== undefined) continue;
    for (const { name, sha256 } of contentsOf(manifest.current)) {
      const found = byName.get(name);
      const same = found !== undefined && contentHash(found) === sha256;
      if (same) forgiven.delete(name);
      if (!same && !forgiven.has(name)) throw new Error(`${name} is not what the manifest says`);
    }
  }
}

const DAY_MS = 86_400_000;
/** A layout is told to retire when its successor is drafted; it is seen to stand until that is committed. */
const DRAFTED_MS = 3_600_000;

/**
 * What gateways may go on mounting, by ConfigMap and format: everything that a manifest names, for a day after it names it
 * no longer, unless the manifest says that there was no room for it.
 */
function createPromises() {
  const until = new Map<string, number>();
  const keyOf = (name: string, format: Format): string => `${FORMATS[format].key} of ${name}`;
  const promise = ({ layouts, retiring }: Publication, now: number): void => {
    for (const { shards, formats, tables } of layouts)
      for (const { name } of tables) {
        for (const { formats: gone } of retiring.filter((old) => old.gone === true && old.shards === shards))
          for (const format of gone) until.delete(keyOf(name, format));
        for (const format of formats) {
          const old = retiring.find(
            (each) => each.shards === shards && each.gone !== true && each.formats.includes(format),
          );
          const end = old === undefined ? now + DAY_MS - DRAFTED_MS : Date.parse(old.until);
          until.set(keyOf(name, format), Math.max(end, until.get(keyOf(name, format)) ?? 0));
        }
      }
  };
  return {
    check(tables: readonly ConfigMap[], manifests: readonly Manifest[], now: number): void {
      const stand = new Set(
        tables.flatMap((table) =>
          FORMAT_NAMES.filter((format) => table[FORMATS[format].field]?.[FORMATS[format].key] !== undefined).map(
            (format) => keyOf(table.metadata.name, format),
          ),
        ),
      );
      for (const { current } of manifests) if (current !== undefined) promise(current, now);
      for (const [what, end] of until) {
        if (end <= now) until.delete(what);
        else if (!stand.has(what))
          throw new Error(`${what} is gone, and gateways may mount it until ${new Date(end).toISOString()}`);
      }
    },
    forget(name?: string): void {
      for (const what of until.keys()) if (name === undefined || what.endsWith(` of ${name}`)) until.delete(what);
    },
  };
}

/** By the O365Sync that they belong to. */
function manifestsOf(configMaps: readonly ConfigMap[]): Map<string, Manifest> {
  const manifests = new Map<string, Manifest>();
  for (const { metadata, data } of withRole(configMaps, "manifest")) {
    const parsed = parseManifest(data?.["manifest.json"]);
    if (parsed.kind === "ok") manifests.set(metadata.labels?.[SYNC] ?? "", parsed.manifest);
  }
  return manifests;
}

/** By O365Sync: the tables that gateways were told of last. */
type Mounted = Map<string, ReadonlySet<string>>;

/** What a gateway mounts of each list: the tables of the first layout that its manifest named last, all that stand where none ever did. */
function tablesOf(
  configMaps: readonly ConfigMap[],
  manifests: ReadonlyMap<string, Manifest>,
  mounted: Mounted,
): ConfigMap[] {
  for (const [sync, { current }] of manifests)
    if (current !== undefined) mounted.set(sync, new Set(current.layouts[0]?.tables.map(({ name }) => name)));
  return withRole(configMaps, "recipients").filter(
    ({ metadata: { name, labels } }) => mounted.get(labels?.[SYNC] ?? "")?.has(name) ?? true,
  );
}

/** Every name that a relay_domains table holds; the two tables of a routing ConfigMap name the same domains. */
function routedBy(configMaps: readonly ConfigMap[]): Set<string> {
  const names = new Set<string>();
  for (const { metadata, data } of withRole(configMaps, "routing")) {
    const [domains, transport] = [data?.["relay_domains"] ?? "", data?.["transport"] ?? ""];
    checkLines(`relay_domains of ${metadata.name}`, domains);
    if (keysOf(domains).join() !== keysOf(transport).join())
      throw new Error(`relay_domains and transport of ${metadata.name} name other domains`);
    for (const domain of keysOf(domains)) if (!domain.endsWith(".invalid")) names.add(domain);
  }
  return names;
}

/** The names that are routed beside each domain, by the domain. */
function routesByDomain(configMaps: readonly ConfigMap[]): Map<string, ReadonlySet<string>> {
  const byDomain = new Map<string, ReadonlySet<string>>();
  for (const configMap of withRole(configMaps, "routing")) {
    const domain = configMap.metadata.annotations?.[DOMAIN_NAME] ?? "";
    byDomain.set(domain, new Set([...(byDomain.get(domain) ?? []), ...routedBy([configMap])]));
  }
  return byDomain;
}

/** Every name that published tables carry, and that nothing begun takes out of them, with the domain whose list it is. */
function carried(manifests: ReadonlyMap<string, Manifest>): (readonly [name: string, listOf: string])[] {
  return [...manifests.values()].flatMap((manifest) =>
    stayingNames(manifest).map((name) => [name, manifest.current?.domain ?? ""] as const),
  );
}
