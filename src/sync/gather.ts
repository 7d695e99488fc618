/** Gathers what a reconcile decides on: the live object, its MailDomain, its rivals, and what stands in the cluster. */

import { LABEL_DOMAIN, LABEL_SYNC } from "../api/group.ts";
import { BY_DOMAIN_REF } from "../api/indexers.ts";
import { mendStatus } from "../api/mend-status.ts";
import { manifestName } from "../api/names.ts";
import { MAIL_DOMAIN, O365_SYNC } from "../api/resources.ts";
import { isOlder } from "../api/seniority.ts";
import { soundSync } from "../api/sound-status.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { Failure } from "../base/failure.ts";
import { believe } from "../publication/anchor.ts";
import type { ConfigMaps } from "../publication/configmaps.ts";
import type { HistoryWriter } from "../publication/history-writer.ts";
import { inspect } from "../publication/inspect.ts";
import { domainOf, EMPTY_MANIFEST } from "../publication/manifest.ts";
import { asObstacle } from "../publication/obstacle.ts";
import { namesOf, outputOf, wantsRendering } from "../publication/publication.ts";
import { readStanding, type Standing } from "../publication/publish.ts";
import type { HandledTokens } from "../publication/run-records.ts";
import { find } from "../runtime/find.ts";
import type { ConfigMap } from "../runtime/kube.ts";
import type { StatusWriter } from "../runtime/status-writer.ts";
import type { Client, ReconcileContext, Store } from "../runtime/types.ts";
import { scheduleProblem } from "../schedule/object-schedule.ts";
import { type Access, resolveAccess, type SharedKeys } from "./access/connection.ts";
import { openFailure } from "./decide/cures.ts";
import { withNamesInMove } from "./handover.ts";
import { findHandled, refuseForeign } from "./looks.ts";
import { findPredecessors } from "./predecessor.ts";
import { domainOfTables } from "./told-by-tables.ts";

export interface View {
  readonly object: O365Sync;
  /** As the list must be made of it: with the names that another MailDomain has taken over and does not route yet. */
  readonly domain: MailDomain | undefined;
  /** The way into the tenant; undefined while an obstacle hides it. */
  readonly access: Access | undefined;
  /** Why nothing can run now. */
  readonly obstacle: Failure | undefined;
  /** Why tables cannot be put right either: what only bars the way into the tenant keeps no table broken. */
  readonly tablesObstacle: Failure | undefined;
  readonly standing: Standing;
  readonly accountsDamaged: boolean;
  /** Tables, labels or owners are not as the manifest says, or something is left over. */
  readonly drifted: boolean;
  /** Tables that the manifest names and that do not stand. */
  readonly missingTables: readonly string[];
  /** Tables of stale layouts that somebody edited or deleted. */
  readonly brokenStale: readonly string[];
  /** MailDomain or output ask for other tables than those that stand. */
  readonly outdated: boolean;
  /** Tokens that manifest and history know as handled, of an object whose status does not. */
  readonly handledBefore: HandledTokens;
}

export interface Stores {
  readonly syncs: Store<O365Sync>;
  readonly domains: Store<MailDomain>;
  /** Metadata of every ConfigMap that carries our labels. */
  readonly configMaps: Store<ConfigMap>;
}

export interface GatherServices {
  readonly client: Client;
  readonly maps: ConfigMaps;
  readonly stores: Stores;
  readonly sharedKeys: SharedKeys;
  readonly histories: Pick<HistoryWriter, "list">;
  readonly statuses: StatusWriter<O365Sync>;
}

/** Undefined when the object is gone or going. */
export async function gather(
  services: GatherServices,
  key: { readonly namespace: string; readonly name: string },
  now: number,
  context: Pick<ReconcileContext, "log" | "signal">,
): Promise<View | undefined> {
  const { stores } = services;
  const { signal } = context;
  if (stores.syncs.get(`${key.namespace}/${key.name}`) === undefined) return undefined;
  // Asked again: what this process wrote last may not be in its cache yet.
  const asked = await find(services.client, O365_SYNC, key, { signal });
  if (asked === undefined || asked.metadata.deletionTimestamp !== undefined) return undefined;
  const object = await mendStatus(asked, soundSync(asked), services.statuses, context);
  const domainKey = `${key.namespace}/${object.spec.domainRef.name}`;
  // Where the cache knows nothing it is asked for: what was made this very moment must not be told to be missing.
  const named = stores.domains.get(domainKey) ?? (await findDomain(services.client, key.namespace, object, signal));
  const found = await look(services, object, named, now, signal);
  const access = await orFailure(resolveAccess(services.client, services.sharedKeys, object, signal));
  const tablesObstacle =
    findObstacle(object, named, stores.syncs.by(BY_DOMAIN_REF, domainKey)) ??
    (found instanceof Failure ? found : undefined);
  const obstacle = tablesObstacle ?? scheduleObstacle(object) ?? (access instanceof Failure ? access : undefined);
  const standing = { ...NOTHING, object };
  return {
    object,
    obstacle,
    tablesObstacle,
    access: access instanceof Failure ? undefined : access,
    ...(found instanceof Failure ? { standing, domain: named, ...UNSEEN } : found),
  };
}

async function findDomain(
  client: Client,
  namespace: string,
  { spec }: O365Sync,
  signal: AbortSignal,
): Promise<MailDomain | undefined> {
  const found = await find(client, MAIL_DOMAIN, { namespace, name: spec.domainRef.name }, { signal });
  return found?.metadata.deletionTimestamp === undefined ? found : undefined;
}

const UNSEEN = {
  accountsDamaged: false,
  drifted: false,
  missingTables: [],
  brokenStale: [],
  outdated: false,
  handledBefore: {},
};

const NOTHING = { manifest: EMPTY_MANIFEST, seen: undefined, inlineJournal: undefined };

async function orFailure<T>(work: Promise<T>): Promise<T | Failure> {
  try {
    return await work;
  } catch (error) {
    const failure = asObstacle(error);
    if (failure === undefined) throw error;
    return failure;
  }
}

type ClusterView = Pick<
  View,
  "standing" | "domain" | "accountsDamaged" | "drifted" | "missingTables" | "brokenStale" | "outdated" | "handledBefore"
>;

function look(
  services: GatherServices,
  object: O365Sync,
  named: MailDomain | undefined,
  now: number,
  signal: AbortSignal,
): Promise<ClusterView | Failure> {
  const work = async (): Promise<ClusterView> => {
    const { maps } = services;
    const { damaged, ...found } = await readStanding(maps, object, signal);
    const { manifest, edited } = believe(found.manifest, object.status, now);
    const read = { ...found, manifest };
    await refuseOtherDomain(maps, object, named, read, signal);
    const standing = await withPredecessor(services, named, read, signal);
    const domain = named && (await withNamesInMove(services, object, named, standing.manifest.current, signal));
    const { published } = object.status ?? {};
    if (damaged && published === undefined) throw damagedManifest();
    const { current } = standing.manifest;
    if (openFailure(object.status ?? {})?.reason === "ConfigMapConflict")
      await refuseForeign(maps, object, current, signal);
    const { accountsDamaged, ...tables } = await inspect(maps, object, standing.manifest, now, signal);
    const wanted = domain && namesOf(domain);
    const outdated = current !== undefined && wanted !== undefined && wantsRendering(current, wanted, outputOf(object));
    return {
      standing,
      domain,
      accountsDamaged: accountsDamaged || edited || (current === undefined && published !== undefined),
      ...tables,
      outdated,
      handledBefore: await findHandled(services, object, standing.manifest, signal),
    };
  };
  return orFailure(work());
}

/** Before the first publication, the list that stands under another name counts, and what was removed from it of late. */
async function withPredecessor(
  services: GatherServices,
  domain: MailDomain | undefined,
  standing: Standing,
  signal: AbortSignal,
): Promise<Standing> {
  const { object, manifest, seen } = standing;
  if (manifest.current !== undefined || domain === undefined || object.status?.published !== undefined) return standing;
  const { latest, unread } = await findPredecessors(services, object, domain, signal);
  if (latest === undefined) return { ...standing, unread };
  const { removals } = seen === undefined ? latest : manifest;
  return { ...standing, predecessor: latest, unread, manifest: { ...manifest, removals } };
}

/** A recreated object or a restored backup adopts the list of its own domain, and touches no other. */
async function refuseOtherDomain(
  maps: ConfigMaps,
  object: O365Sync,
  domain: MailDomain | undefined,
  { manifest, seen }: Standing,
  signal: AbortSignal,
): Promise<void> {
  const { name } = object.spec.domainRef;
  const told = domainOf(manifest);
  if (domain === undefined) {
    // It was published for this very MailDomain: what was begun may be finished without it.
    if (told === undefined || seen === undefined || seen.metadata.labels?.[LABEL_DOMAIN] === name) return;
    throw new Failure("wait", "DependencyNotReady", missingDomain(object));
  }
  const wanted = domain.spec.domain;
  const found = told ?? (await domainOfTables(maps, object, wanted, signal));
  if (found === undefined || found === wanted) return;
  const what =
    told === undefined
      ? `tables ${object.metadata.name}-recipients… hold`
      : `ConfigMap ${manifestName(object.metadata.name)} holds`;
  const message = `the ${what} the list of ${found}, and the MailDomain ${name} is ${wanted}: nothing of it is touched; if ${found} is meant, delete the MailDomain ${name} and apply it with spec.domain ${found}; else give this O365Sync another name, or delete the ConfigMaps with the label ${LABEL_SYNC}=${object.metadata.name} once no gateway mounts them`;
  throw new Failure("stalled", "ConfigMapConflict", message);
}

const missingDomain = ({ metadata, spec }: O365Sync): string =>
  `spec.domainRef: the MailDomain ${spec.domainRef.name} does not exist in the namespace ${metadata.namespace}; create it`;

function damagedManifest(): Failure {
  const message =
    "the manifest ConfigMap is damaged and the status has no numbers to compare with; restore it, or delete it to plan from nothing";
  return new Failure("stalled", "ManifestDamaged", message);
}

/** What keeps every run from starting, whatever asked for it; the first that applies. `claimants`: all that name the domain. */
export function findObstacle(
  object: O365Sync,
  domain: MailDomain | undefined,
  claimants: readonly O365Sync[],
): Failure | undefined {
  const { name } = object.spec.domainRef;
  if (domain === undefined) return new Failure("wait", "DependencyNotReady", missingDomain(object));
  if (domain.spec.serverType !== "Office365") {
    const message = `spec.domainRef: the MailDomain ${name} has serverType ${domain.spec.serverType}; only Office365 is synced with a tenant`;
    return new Failure("stalled", "ServerTypeMismatch", message);
  }
  const older = claimants.find((other) => claims(other, object) && isOlder(other.metadata, object.metadata));
  if (older === undefined) return undefined;
  const message = `the older O365Sync ${older.metadata.name} keeps the MailDomain ${name}; delete one of the two`;
  return new Failure("stalled", "DomainClaimed", message);
}

/** What the schema lets pass and nobody can follow. */
function scheduleObstacle(object: O365Sync): Failure | undefined {
  const problem = scheduleProblem(object);
  return problem === undefined
    ? undefined
    : new Failure("stalled", problem.reason, `${problem.message}; the published list stays as it is`);
}

function claims(other: O365Sync, object: O365Sync): boolean {
  return (
    other.metadata.name !== object.metadata.name &&
    other.spec.domainRef.name === object.spec.domainRef.name &&
    other.metadata.deletionTimestamp === undefined
  );
}
