/** Gathers what a reconcile decides on: the live object, its MailDomain, its rivals, and what stands in the cluster. */

import { BY_DOMAIN_REF } from "../api/indexers.ts";
import { O365_SYNC } from "../api/resources.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { Failure } from "../base/failure.ts";
import type { ConfigMaps } from "../publication/configmaps.ts";
import { inspect } from "../publication/inspect.ts";
import { EMPTY_MANIFEST } from "../publication/manifest.ts";
import { asObstacle } from "../publication/obstacle.ts";
import { namesOf, outputOf, wantsRendering } from "../publication/publication.ts";
import { readStanding, type Standing } from "../publication/publish.ts";
import { find } from "../runtime/find.ts";
import type { Client, Store } from "../runtime/types.ts";
import { scheduleProblem } from "../schedule/object-schedule.ts";
import { type Access, resolveAccess, type SharedKeys } from "./access/credentials.ts";

export interface View {
  readonly object: O365Sync;
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
  /** MailDomain or output ask for other tables than those that stand. */
  readonly outdated: boolean;
}

export interface Stores {
  readonly syncs: Store<O365Sync>;
  readonly domains: Store<MailDomain>;
}

export interface GatherServices {
  readonly client: Client;
  readonly maps: ConfigMaps;
  readonly stores: Stores;
  readonly sharedKeys: SharedKeys;
}

/** Undefined when the object is gone or going. */
export async function gather(
  services: GatherServices,
  key: { readonly namespace: string; readonly name: string },
  now: number,
  signal: AbortSignal,
): Promise<View | undefined> {
  const { stores } = services;
  if (stores.syncs.get(`${key.namespace}/${key.name}`) === undefined) return undefined;
  // Asked again: what this process wrote last may not be in its cache yet.
  const object = await find(services.client, O365_SYNC, key, { signal });
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return undefined;
  const domainKey = `${key.namespace}/${object.spec.domainRef.name}`;
  const domain = stores.domains.get(domainKey);
  const found = await look(services, object, domain, now, signal);
  const access = await orFailure(resolveAccess(services.client, services.sharedKeys, object, signal));
  const tablesObstacle =
    findObstacle(object, domain, stores.syncs.by(BY_DOMAIN_REF, domainKey)) ??
    (found instanceof Failure ? found : undefined);
  const obstacle = tablesObstacle ?? scheduleObstacle(object) ?? (access instanceof Failure ? access : undefined);
  const standing = { ...NOTHING, object };
  return {
    object,
    domain,
    obstacle,
    tablesObstacle,
    access: access instanceof Failure ? undefined : access,
    ...(found instanceof Failure ? { standing, accountsDamaged: false, drifted: false, outdated: false } : found),
  };
}

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

type Found = Pick<View, "standing" | "accountsDamaged" | "drifted" | "outdated">;

function look(
  { maps }: GatherServices,
  object: O365Sync,
  domain: MailDomain | undefined,
  now: number,
  signal: AbortSignal,
): Promise<Found | Failure> {
  const work = async (): Promise<Found> => {
    const { damaged, ...standing } = await readStanding(maps, object, signal);
    const { published } = object.status ?? {};
    if (damaged && published === undefined) throw damagedManifest();
    const { current } = standing.manifest;
    const { accountsDamaged, drifted } = await inspect(maps, object, standing.manifest, now, signal);
    const wanted = domain && namesOf(domain);
    const outdated = current !== undefined && wanted !== undefined && wantsRendering(current, wanted, outputOf(object));
    return {
      standing,
      accountsDamaged: accountsDamaged || (current === undefined && published !== undefined),
      drifted,
      outdated,
    };
  };
  return orFailure(work());
}

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
  if (domain === undefined) {
    const message = `spec.domainRef: the MailDomain ${name} does not exist in this namespace; create it`;
    return new Failure("wait", "DependencyNotReady", message);
  }
  if (domain.spec.serverType !== "Office365") {
    const message = `spec.domainRef: the MailDomain ${name} has serverType ${domain.spec.serverType}; only Office365 is synced with a tenant`;
    return new Failure("stalled", "ServerTypeMismatch", message);
  }
  const older = claimants.find((other) => claims(other, object) && isOlder(other, object));
  if (older === undefined) return undefined;
  const message = `the older O365Sync ${older.metadata.name} keeps the MailDomain ${name}; delete one of the two`;
  return new Failure("stalled", "DomainClaimed", message);
}

/** What the schema lets pass and nobody can follow. */
function scheduleObstacle(object: O365Sync): Failure | undefined {
  const problem = scheduleProblem(object);
  return problem === undefined
    ? undefined
    : new Failure("stalled", "InvalidSchedule", `spec.schedule.${problem}; the published list stays as it is`);
}

function claims(other: O365Sync, object: O365Sync): boolean {
  return (
    other.metadata.name !== object.metadata.name &&
    other.spec.domainRef.name === object.spec.domainRef.name &&
    other.metadata.deletionTimestamp === undefined
  );
}

/** Same second: by name. */
function isOlder({ metadata: a }: O365Sync, { metadata: b }: O365Sync): boolean {
  const [made, other] = [a.creationTimestamp ?? "", b.creationTimestamp ?? ""];
  return made === other ? a.name < b.name : made < other;
}
