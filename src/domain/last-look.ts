/** What the last look at a MailDomain was made from: its own writes come back as changes, and need no other look. */
import { isDeepStrictEqual } from "node:util";
import { LABEL_DOMAIN, LABEL_SYNC } from "../api/group.ts";
import {
  BY_DOMAIN,
  BY_DOMAIN_NAME,
  BY_DOMAIN_REF,
  BY_NAMELESS_MANIFEST,
  BY_SYNC,
  claimedNames,
  rivalsFor,
} from "../api/indexers.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import type { Clock } from "../base/deps.ts";
import type { ConfigMap, KubeObject } from "../runtime/kube.ts";
import type { Rewind } from "../runtime/rewind.ts";
import { storeKey } from "../runtime/store.ts";
import type { ReconcileResult, Store } from "../runtime/types.ts";

export interface Stores {
  readonly domains: Store<MailDomain>;
  readonly syncs: Store<O365Sync>;
  /** Metadata of every ConfigMap that carries our labels. */
  readonly configMaps: Store<ConfigMap>;
}

/** Of everything that a look depends on, as the caches have it: the version by kind, namespace and name. */
type Versions = ReadonlyMap<string, string | undefined>;

/** What came of a look. */
export interface Looked {
  /** What it wrote itself, or read from the API server, as that stands now. */
  readonly written: readonly (readonly [kind: keyof Stores, object: KubeObject])[];
  /** The names that the lists carry and the MailDomain does not claim. */
  readonly alsoListed: readonly string[];
  readonly result: ReconcileResult;
}

export interface Look {
  /** What the last look came to, where it was just now and nothing has changed since but what it wrote itself: then this one is over. */
  readonly echo: ReconcileResult | undefined;
  /** To be told when it has succeeded; one that fails is made again. */
  ended(looked: Looked): ReconcileResult;
}

export interface LastLooks {
  /** To be called before anything is read from the API server. */
  begin(domain: MailDomain): Look;
  forget(key: string): void;
}

/** Own writes come back within seconds. After that a look is made all the same: what no change tells is found by it. */
const ECHO_MS = 30_000;

export function createLastLooks(stores: Stores, clock: Clock, rewind: Pick<Rewind, "onTold"> | undefined): LastLooks {
  const looks = new Map<
    string,
    { versions: Versions; alsoListed: readonly string[]; result: ReconcileResult; at: number }
  >();
  // After it one version may name two states.
  rewind?.onTold(() => looks.clear());
  return {
    begin(domain) {
      const key = storeKey(domain.metadata);
      const last = looks.get(key);
      const expected = last?.alsoListed ?? [];
      const versions = versionsNear(stores, domain, expected);
      const isEcho =
        last !== undefined && clock.monotonic() - last.at <= ECHO_MS && isDeepStrictEqual(last.versions, versions);
      if (!isEcho) looks.delete(key);
      return {
        echo: isEcho ? last.result : undefined,
        ended({ written, alsoListed, result }) {
          // Whoever else wants a name that was not expected is not among what was noted.
          const now = new Map(isDeepStrictEqual(alsoListed, expected) ? versions : []);
          for (const [kind, object] of written) now.set(idOf(kind, object), object.metadata.resourceVersion);
          looks.set(key, { versions: now, alsoListed, result, at: clock.monotonic() });
          return result;
        },
      };
    },
    forget: (key) => void looks.delete(key),
  };
}

const idOf = (kind: keyof Stores, { metadata }: KubeObject): string => `${kind} ${storeKey(metadata)}`;

function versionsNear(
  { domains, syncs, configMaps }: Stores,
  domain: MailDomain,
  alsoListed: readonly string[],
): Versions {
  const { namespace = "", name } = domain.metadata;
  const at = (what: string): string => `${namespace}/${what}`;
  const versions = new Map<string, string | undefined>();
  const add = (kind: keyof Stores, objects: readonly (KubeObject | undefined)[]): void => {
    for (const each of objects) if (each !== undefined) versions.set(idOf(kind, each), each.metadata.resourceVersion);
  };
  add("domains", [domain, ...rivalsFor(domain, [...claimedNames(domain), ...alsoListed], domains)]);
  add("syncs", syncs.by(BY_DOMAIN_REF, at(name)));
  const maps = [
    ...configMaps.by(BY_DOMAIN, at(name)),
    ...configMaps.by(BY_DOMAIN_NAME, at(domain.spec.domain)),
    ...configMaps.by(BY_NAMELESS_MANIFEST, namespace),
  ];
  add("configMaps", maps);
  const labels = (label: string): Set<string> =>
    new Set(maps.flatMap(({ metadata }) => metadata.labels?.[label] ?? []));
  for (const sync of labels(LABEL_SYNC)) {
    add("syncs", [syncs.get(at(sync))]);
    add("configMaps", configMaps.by(BY_SYNC, at(sync)));
  }
  for (const follower of labels(LABEL_DOMAIN)) add("domains", [domains.get(at(follower))]);
  return versions;
}
