/** Compares what stands in the cluster with what the manifest says stands there. */
import { LABEL_DOMAIN, LABEL_ROLE } from "../api/group.ts";
import { manifestName } from "../api/names.ts";
import type { O365Sync } from "../api/types.generated.ts";
import type { ObjectMeta } from "../runtime/kube.ts";
import { type ConfigMaps, hasOwnMetadata } from "./configmaps.ts";
import { type Role, type SideFile, sideFilesOf } from "./labels.ts";
import { contentsOf, type Manifest, type NamedContent, type Publication, staleLayouts } from "./manifest.ts";

export interface Inspection {
  /** An accounts ConfigMap is gone or not what the manifest says: only the tenant can tell its content. */
  readonly accountsDamaged: boolean;
  /** A table, a label or an owner is not as it must be, or something is left over: it can be put right from the accounts. */
  readonly drifted: boolean;
  /** Names of tables that do not stand. */
  readonly missingTables: readonly string[];
  /** Of layouts that stay as they were: tables that somebody edited or deleted. Nothing can make them again. */
  readonly brokenStale: readonly string[];
}

export async function inspect(
  maps: ConfigMaps,
  object: O365Sync,
  { current }: Manifest,
  now: number,
  signal: AbortSignal,
): Promise<Inspection> {
  if (current === undefined) return { accountsDamaged: false, drifted: false, missingTables: [], brokenStale: [] };
  const check = async ({ name, sha256 }: NamedContent, role: Role) => {
    const seen = await maps.look(object, name, role, signal);
    return {
      name,
      stands: seen !== undefined,
      same: seen?.sha256 === sha256,
      owned: seen === undefined || hasOwnMetadata(object, seen, role),
    };
  };
  const accounts = await Promise.all(current.accounts.map((chunk) => check(chunk, "accounts")));
  const tables = await Promise.all(
    current.layouts.flatMap((layout) => layout.tables.map((table) => check(table, "recipients"))),
  );
  // What stays as it was cannot be made again.
  const stale = new Set(
    staleLayouts(current.retiring, current.layouts).flatMap((layout) => layout.tables.map(({ name }) => name)),
  );
  const changed = tables.filter(({ same }) => !same).map(({ name }) => name);
  const accountsDamaged = accounts.some(({ same }) => !same);
  const drifted =
    changed.some((name) => !stale.has(name)) ||
    [...accounts, ...tables].some(({ owned }) => !owned) ||
    current.retiring.some(({ until }) => Date.parse(until) <= now) ||
    (await isMisowned(maps, object, signal)) ||
    (await hasStrays(maps, object, current, signal));
  const missingTables = tables.flatMap(({ name, stands }) => (stands || stale.has(name) ? [] : [name]));
  return { accountsDamaged, drifted, missingTables, brokenStale: changed.filter((name) => stale.has(name)) };
}

/**
 * Names, with their roles, of what the cache shows with other labels or owners than it must have, whatever it holds: what
 * deleting the object does to it is the person's word alone.
 */
export function misownedAmong(object: O365Sync, known: readonly ObjectMeta[]): SideFile[] {
  return known.flatMap((metadata): SideFile[] => {
    const role = metadata.labels?.[LABEL_ROLE] as Role;
    const { name } = metadata;
    const isFile = filesOf(object).some((file) => file.name === name && file.role === role);
    const isOwn = isFile || hasOwnName(object, metadata);
    // Whose list it is, is told by this label where the MailDomain is gone: it changes with a publication only.
    const { [LABEL_DOMAIN]: named = object.spec.domainRef.name } = metadata.labels ?? {};
    if (named !== object.spec.domainRef.name) return [];
    return !isOwn || hasOwnMetadata(object, { metadata }, role) ? [] : [{ name, role }];
  });
}

const filesOf = ({ metadata: { name } }: O365Sync): readonly SideFile[] => [
  { name: manifestName(name), role: "manifest" },
  ...sideFilesOf(name),
];

/** The manifest and what stands beside the list carry labels and owner too. */
async function isMisowned(maps: ConfigMaps, object: O365Sync, signal: AbortSignal): Promise<boolean> {
  const known = new Set(maps.known(object).map(({ name }) => name));
  for (const { name, role } of filesOf(object)) {
    const seen = known.has(name) ? await maps.look(object, name, role, signal) : undefined;
    if (seen !== undefined && !hasOwnMetadata(object, seen, role)) return true;
  }
  return false;
}

/** The cache may still show what was deleted: only what is really there is left over. */
async function hasStrays(
  maps: ConfigMaps,
  object: O365Sync,
  current: Publication,
  signal: AbortSignal,
): Promise<boolean> {
  for (const { name, labels } of findStrays(object, maps.known(object), current)) {
    const seen = await maps.look(object, name, labels?.[LABEL_ROLE] as Role, signal);
    if (seen !== undefined) return true;
  }
  return false;
}

const OWN_NAMES: Readonly<Record<string, RegExp>> = {
  recipients: /^-recipients(-\d+-\d+)?$/,
  accounts: /^-accounts-\d+$/,
  journal: /^-journal-[0-9a-f]+-\d+$/,
};

/** Whether it carries one of our roles, and a name that only this operator gives in that role. */
function hasOwnName({ metadata: { name: sync } }: O365Sync, { name, labels }: ObjectMeta): boolean {
  const pattern = OWN_NAMES[labels?.[LABEL_ROLE] ?? ""];
  return name.startsWith(sync) && pattern?.test(name.slice(sync.length)) === true;
}

/** Those that hold tables, whatever publication they are of. */
export const tablesAmong = (object: O365Sync, known: readonly ObjectMeta[]): ObjectMeta[] =>
  known.filter((each) => each.labels?.[LABEL_ROLE] === ("recipients" satisfies Role) && hasOwnName(object, each));

/**
 * What carries our labels under a name that only this operator gives, and no publication names: left by a layout that
 * retired, or by a publication that was cut short. A copy that somebody made under another name is none.
 */
export function findStrays(object: O365Sync, known: readonly ObjectMeta[], publication: Publication): ObjectMeta[] {
  const named = new Set(contentsOf(publication).map(({ name }) => name));
  // One that is going goes when whoever put a finalizer on it lets it go: to delete it once more would change nothing.
  return known.filter(
    (each) => each.deletionTimestamp === undefined && hasOwnName(object, each) && !named.has(each.name),
  );
}

/** What nobody names any more and was deleted before that instant, and is still there: somebody's finalizer keeps it. */
export function leavingFor(
  object: O365Sync,
  known: readonly ObjectMeta[],
  publication: Publication,
  before: number,
): ObjectMeta[] {
  const named = new Set(contentsOf(publication).map(({ name }) => name));
  return known
    .filter(({ name, deletionTimestamp = "" }) => Date.parse(deletionTimestamp) < before && !named.has(name))
    .filter((each) => hasOwnName(object, each));
}
