/** Which recipient lists are published for a domain, by the manifests and tables that stand in its namespace. */
import { LABEL_DOMAIN, LABEL_ROLE, LABEL_SYNC } from "../api/group.ts";
import { BY_DOMAIN, BY_DOMAIN_NAME, BY_NAMELESS_MANIFEST, BY_SYNC, BY_TABLES, routedNames } from "../api/indexers.ts";
import { manifestName } from "../api/names.ts";
import { MAIL_DOMAIN, O365_SYNC } from "../api/resources.ts";
import { soundDomain, soundSync } from "../api/sound-status.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP, type ConfigMap, type ObjectKey, type ObjectMeta } from "../runtime/kube.ts";
import type { Client, Store } from "../runtime/types.ts";
import { believe, believeGone } from "./anchor.ts";
import type { Role } from "./labels.ts";
import { carriedNames, domainOf, type Manifest, stayingNames } from "./manifest.ts";
import { parseManifest } from "./read-manifest.ts";

/** One recipient list of a domain. */
export interface PublishedList {
  /** The O365Sync that made it, perhaps gone by now. */
  readonly sync: string;
  /** The domains that its tables hold, and will hold when what is begun stands. */
  readonly names: readonly string[];
  /** Made for this MailDomain, or for one that is gone: its names may enter the routing. Others only keep what is routed. */
  readonly isOwn: boolean;
  /** Undefined where it cannot be read. */
  readonly manifest: Manifest | undefined;
}

export interface ListSources {
  readonly client: Client;
  readonly stores: {
    /** Metadata of every ConfigMap that carries our labels. */
    readonly configMaps: Store<ConfigMap>;
    readonly domains: Store<MailDomain>;
    readonly syncs: Store<O365Sync>;
  };
}

export interface ListsInput {
  readonly namespace: string;
  /** The name of the MailDomain. */
  readonly mailDomain: string;
  /** Its spec.domain. */
  readonly domain: string;
  /** What is routed for it now. */
  readonly routed: readonly string[];
}

/**
 * A list counts as long as its manifest stands, also when its O365Sync is gone or refers to another MailDomain by now:
 * gateways still mount its tables. What that other one routes itself is not told. Where tables stand and no manifest tells
 * what is in them (somebody deleted or edited it, or a newer operator wrote it), what is routed now stays routed.
 */
export async function findLists(
  sources: ListSources,
  input: ListsInput,
  signal: AbortSignal,
): Promise<PublishedList[]> {
  const { namespace, domain, routed } = input;
  const lists: PublishedList[] = [];
  for (const sync of syncsOf(candidates(sources, input))) {
    const found = await find(sources.client, CONFIG_MAP, { namespace, name: manifestName(sync) }, { signal });
    const ours = found?.metadata.labels?.[LABEL_ROLE] === "manifest" && found.metadata.labels[LABEL_SYNC] === sync;
    const manifest = ours
      ? await believed(sources, { namespace, name: sync }, input.mailDomain, found.data?.["manifest.json"], signal)
      : undefined;
    const told = manifest && domainOf(manifest);
    if (told !== undefined && told !== domain) continue;
    if (manifest?.current !== undefined) {
      const follower = sources.stores.domains.get(`${namespace}/${found?.metadata.labels?.[LABEL_DOMAIN]}`);
      const isOwn = follower === undefined || follower.metadata.name === input.mailDomain;
      const elsewhere = isOwn ? [] : routedNames(follower);
      lists.push({ sync, names: stayingNames(manifest).filter((name) => !elsewhere.includes(name)), isOwn, manifest });
    } else if (hasTables(sources, namespace, sync)) {
      // One that was lost may have been begun anew: what that does not take away stays.
      const next = manifest?.intent && carriedNames(manifest.intent.target);
      const names = routed.filter((name) => next?.includes(name) ?? true);
      lists.push({ sync, names, isOwn: true, manifest: next && manifest });
    }
  }
  return lists;
}

/**
 * What a manifest says, as far as the status of its O365Sync vouches for it, or that of its MailDomain where that one is
 * gone: whoever edits one takes no name off the gateway, and makes no baseline.
 * Undefined where it cannot be read, or says what nobody published. A cache may be older than the manifest: then it is
 * asked again.
 */
async function believed(
  { client, stores }: ListSources,
  key: ObjectKey,
  mailDomain: string,
  text: string | undefined,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const parsed = parseManifest(text);
  if (parsed.kind !== "ok") return undefined;
  const { manifest } = parsed;
  // When it was removed does not matter here.
  const judged = (object: O365Sync | undefined, domain: MailDomain | undefined) =>
    object === undefined ? believeGone(manifest, key.name, domain) : believe(manifest, object.status, 0);
  const { namespace = "" } = key;
  const cached = judged(stores.syncs.get(`${namespace}/${key.name}`), stores.domains.get(`${namespace}/${mailDomain}`));
  if (!cached.edited) return cached.manifest;
  const fresh = await find(client, O365_SYNC, key, { signal });
  const domain = await find(client, MAIL_DOMAIN, { namespace, name: mailDomain }, { signal });
  const { manifest: told, edited } = judged(fresh && soundSync(fresh).object, domain && soundDomain(domain).object);
  return edited && told.current === undefined ? undefined : told;
}

function candidates({ stores }: ListSources, { namespace, mailDomain, domain }: ListsInput): ObjectMeta[] {
  const { configMaps, domains } = stores;
  const nobodys = configMaps.by(BY_NAMELESS_MANIFEST, namespace).filter(({ metadata: { labels } }) => {
    return domains.get(`${namespace}/${labels?.[LABEL_DOMAIN]}`) === undefined;
  });
  const found = [
    ...configMaps.by(BY_DOMAIN, `${namespace}/${mailDomain}`),
    ...configMaps.by(BY_DOMAIN_NAME, `${namespace}/${domain}`),
    ...nobodys,
  ];
  return found.map(({ metadata }) => metadata);
}

const hasTables = ({ stores: { configMaps } }: ListSources, namespace: string, sync: string): boolean =>
  configMaps
    .by(BY_SYNC, `${namespace}/${sync}`)
    .some(({ metadata: { labels } }) => labels?.[LABEL_ROLE] === ("recipients" satisfies Role));

const syncsOf = (configMaps: readonly ObjectMeta[]): Set<string> =>
  new Set(configMaps.flatMap(({ labels }) => labels?.[LABEL_SYNC] ?? []));

/**
 * O365Syncs, gone by now, whose tables stand without a manifest that would say of which domain they are, and whose
 * MailDomain is gone too.
 */
export function namelessLists({ stores }: ListSources, namespace: string): string[] {
  const { configMaps, domains } = stores;
  const orphans = configMaps
    .by(BY_TABLES, namespace)
    .map(({ metadata }) => metadata)
    .filter(({ labels }) => domains.get(`${namespace}/${labels?.[LABEL_DOMAIN]}`) === undefined);
  return [...syncsOf(orphans)].filter(
    (sync) =>
      !configMaps
        .by(BY_SYNC, `${namespace}/${sync}`)
        .some(({ metadata: { labels } }) => labels?.[LABEL_ROLE] === ("manifest" satisfies Role)),
  );
}
