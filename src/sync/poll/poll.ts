/** One poll: asks the tenant what is new, and puts it on the list that stands. Nothing ever leaves the list this way. */
import { BY_TENANT, tenantOf } from "../../api/indexers.ts";
import type { MailDomain, O365SyncStatus } from "../../api/types.generated.ts";
import { createDeadline } from "../../base/abort.ts";
import { Failure } from "../../base/failure.ts";
import { inSlices } from "../../base/slices.ts";
import { iso } from "../../base/time.ts";
import { covers } from "../../directory/feed.ts";
import type { Directory, FeedPlace } from "../../directory/types.ts";
import { loadLeftOut, saveLeftOut } from "../../publication/left-out-file.ts";
import type { Publication } from "../../publication/manifest.ts";
import { asFailure } from "../../publication/obstacle.ts";
import { namesOf } from "../../publication/publication.ts";
import type { Standing } from "../../publication/publish.ts";
import { type Additions, additionsTo } from "../../recipients/additions.ts";
import { createDeriver } from "../../recipients/derive.ts";
import { lostAddresses, planOf } from "../../recipients/diff.ts";
import { type LeftOut, lackedBy, renewed } from "../../recipients/left-out.ts";
import type { DirectoryObject } from "../../recipients/model.ts";
import type { Roster } from "../../recipients/packed/roster.ts";
import type { ReconcileContext } from "../../runtime/types.ts";
import type { Access } from "../access/connection.ts";
import { isWorthKeeping, kept, placeOf, remember } from "../additions/places.ts";
import { freshFor } from "../additions/poll-times.ts";
import type { View } from "../gather.ts";
import type { Remembered } from "../memory.ts";
import type { Outcome } from "../outcome.ts";
import { publish } from "../run/gate.ts";
import { accountsOf, tooSlow } from "../run/runner.ts";
import { canShare } from "../run/sharing.ts";
import type { Polled, SyncServices } from "../services.ts";
import {
  type AdditionsStatus,
  agesOf,
  countedSince,
  countsWith,
  limitsOf,
  recordSince,
  recordWith,
  restarted,
  STATES,
  sinceOf,
  WAITS,
} from "../status/additions-status.ts";
import { inHistory } from "../status/transitions.ts";
import { isDisowned, leavesMirror, mayGoOnFrom, namesStillWanted, wasAcceptedBySync } from "./basis.ts";

/** What a poll works on. */
interface Poll {
  readonly services: SyncServices;
  readonly view: View;
  readonly domain: MailDomain;
  readonly access: Access;
  readonly current: Publication;
  readonly memory: Remembered;
  /** When the tenant was to be asked, in milliseconds since the epoch. */
  readonly due: number;
  readonly context: ReconcileContext;
}

/** What of the tenant is to be looked at. */
type News =
  | { readonly kind: "told"; readonly found: Found; readonly place: FeedPlace }
  /** What changed is not to be had, or not to be believed. */
  | { readonly kind: "waiting"; readonly why: keyof typeof WAITS };

interface Found {
  readonly accounts: Roster;
  readonly leftOut: LeftOut;
  /** Their ids; undefined: all that there are. */
  readonly objects: ReadonlySet<string> | undefined;
  /** When objects were made that say so, by id. */
  readonly made: ReadonlyMap<string, number>;
}

/** So many in a row are trouble that somebody should hear of. */
const TROUBLES = 3;

export async function poll(
  services: SyncServices,
  view: View,
  due: number,
  memory: Remembered,
  context: ReconcileContext,
): Promise<Outcome> {
  const { domain, access, standing } = view;
  const { current } = standing.manifest;
  if (domain === undefined || access === undefined || current === undefined)
    throw new Error("a poll was decided on without a domain, a credential or a list");
  const polledBefore = memory.followed.polled;
  memory.followed.polled = services.deps.clock.monotonic();
  const work: Poll = { services, view, domain, access, current, memory, due, context };
  try {
    const outcome = await add(work, await askInTime(work));
    memory.followed.troubles = 0;
    return outcome;
  } catch (error) {
    if (!context.signal.aborted && error instanceof Failure) return inTrouble(work, error);
    // It was no answer of the tenant that was in the way: the poll is still due.
    memory.followed.polled = polledBefore;
    throw error;
  }
}

/** A tenant that answers slowly, page after page, must not keep a slot from its run. */
async function askInTime(work: Poll): Promise<News> {
  const { services, context } = work;
  const { runDeadlineMs } = services.settings;
  const deadline = createDeadline(services.deps.clock, runDeadlineMs, context.signal);
  try {
    return await ask({ ...work, context: { ...context, signal: deadline.signal } });
  } catch (error) {
    throw deadline.expired && !context.signal.aborted ? tooSlow(runDeadlineMs, "asking what is new") : error;
  } finally {
    deadline.release();
  }
}

async function ask(work: Poll): Promise<News> {
  const { services, view, domain, access, current, memory, due, context } = work;
  const { object, standing } = view;
  const directory = services.directories.connect(access.connection);
  if (isDisowned(object)) return { kind: "waiting", why: "unread" };
  if (leavesMirror(current, namesOf(domain))) return { kind: "waiting", why: "leaving" };
  const { feed: _, ...placeless } = standing.manifest;
  const believed = mayGoOnFrom(object, domain, standing.manifest) ? standing.manifest : placeless;
  const place = placeOf(object, memory.followed, believed);
  if (place !== undefined) {
    const fresh = freshFor(due, services.deps.clock.now());
    const answer = await directory.feed.since(place, object.spec.sources, fresh, context.signal);
    if (answer.kind === "told") {
      // Others of the tenant may follow more than this object wants.
      const wanted = answer.objects.filter(({ source }) => object.spec.sources[source]);
      const objects = new Set(wanted.map(({ id }) => id));
      const made = new Map(wanted.flatMap(({ id, made: at }) => (at === undefined ? [] : [[id, at] as const])));
      const found = await derive(work, (add) => wanted.forEach(add));
      return { kind: "told", found: { ...found, objects, made }, place: answer.place };
    }
    context.log.info({}, "The tenant no longer tells what changed");
    remember(object, memory.followed, "lost");
  }
  return readInFull(work, directory);
}

/** Once in a while, and one read for all objects of the tenant that lost the thread with it. */
async function readInFull(work: Poll, directory: Directory): Promise<News> {
  const { services, view, domain, access, memory, context } = work;
  const { object, standing } = view;
  if (!wasAcceptedBySync(object, domain, standing.manifest)) return { kind: "waiting", why: "unread" };
  const { clock } = services.deps;
  const tenant = `${tenantOf(object)} ${access.version}`;
  const before = memory.fullReads.of(tenant, clock);
  if (before === "spent") return { kind: "waiting", why: "lost" };
  const { sources } = object.spec;
  const { signal } = context;
  const shared = before !== undefined && covers(before, sources) ? before : undefined;
  const place = shared ?? (await directory.feed.begin(sources, signal));
  if (shared === undefined) memory.fullReads.note(tenant, place, clock);
  const syncs = services.stores.syncs.by(BY_TENANT, tenantOf(object));
  const sharing = canShare(object, syncs) ? { key: access.version, notBefore: place.time } : undefined;
  try {
    const found = await derive(work, (onObject) => directory.read({ sources, signal, sharing, onObject }));
    return { kind: "told", found: { ...found, objects: undefined, made: new Map() }, place };
  } catch (error) {
    memory.fullReads.failed(tenant);
    throw error;
  }
}

/** By the rules of a sync, for the names that are published and still wanted: what these objects would have on the list. */
async function derive(
  { view: { object }, domain, current, context }: Poll,
  read: (add: (object: DirectoryObject) => void) => unknown,
): Promise<Omit<Found, "objects" | "made">> {
  const { excludeRecords = [], output } = object.spec;
  const names = namesStillWanted(current, namesOf(domain));
  const deriver = createDeriver({ names, excludeRecords, staticRecipients: [], formats: output.formats });
  await read((found) => deriver.add(found));
  const { accounts, leftOut } = await inSlices(deriver.finish(), context.signal);
  return { accounts, leftOut };
}

async function add(work: Poll, news: News): Promise<Outcome> {
  const { services, view, memory, context } = work;
  const { object, standing } = view;
  const since = sinceOf(object, standing.manifest);
  const counted = countedSince(since, object, standing.manifest);
  const told = object.status?.additions;
  const stands = (state: keyof typeof STATES, message: string = STATES[state]): O365SyncStatus => ({
    ...object.status,
    additions: { ...(told?.since === since ? told : restarted(since)), ...counted, state, message },
  });
  if (news.kind === "waiting") return tellPolled("Waiting", { view, status: stands("Waiting", WAITS[news.why]) });
  const { found } = news;
  const isTold = found.accounts.length > 0 || found.leftOut.entries.length > 0;
  const compared = isTold ? await compare(work, found.accounts) : undefined;
  await keepLeftOut(work, found, compared?.additions.accounts);
  if (compared !== undefined && compared.additions.changes.length > 0) return published(work, news, compared);
  // What could not be added is told again.
  if (compared?.additions.limited === true)
    return tellPolled("Limited", { view, status: stands("Limited") }, services.deps.clock.now());
  remember(object, memory.followed, news.place);
  // After a full read what is kept is a place that the tenant no longer knows: whoever starts would read in full again.
  const keeping = found.objects === undefined || isWorthKeeping(object, standing.manifest, services.deps.clock.now());
  const then = keeping
    ? await services.publisher.keepFeed(standing, kept(object, news.place), context.signal)
    : standing;
  const outcome = { view: { ...view, standing: then }, status: stands("Current") };
  return tellPolled("Nothing", outcome, services.deps.clock.now());
}

/** What of it cannot be added, and why: for people who ask later. A sync tells the same. */
async function keepLeftOut(
  { services: { maps }, view: { object }, context: { log, signal } }: Poll,
  { leftOut: found, objects }: Found,
  list: Roster | undefined,
): Promise<void> {
  if (objects?.size === 0) return;
  try {
    const known = objects === undefined ? { entries: [], more: 0 } : await loadLeftOut(maps, object, signal);
    if (known === undefined) return;
    const lacked = list === undefined ? found : await inSlices(lackedBy(list, found), signal);
    const rules = { objects: objects ?? new Set<string>(), patterns: object.spec.excludeRecords ?? [] };
    await saveLeftOut(maps, object, await inSlices(renewed(known, lacked, rules), signal), signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ reason: asFailure(error)?.reason ?? "Unknown" }, "What is left out could not be kept");
  }
}

interface Compared {
  readonly before: Roster;
  readonly additions: Additions;
}

async function compare({ services, view, current, context }: Poll, found: Roster): Promise<Compared> {
  const { object, standing } = view;
  const { signal } = context;
  const accounts = await accountsOf(services, view, signal);
  if (accounts === undefined)
    throw new Failure(
      "retry",
      "AccountsDamaged",
      "the published accounts cannot be read; the next sync makes them anew",
    );
  const limits = limitsOf(object, countedSince(sinceOf(object, standing.manifest), object, standing.manifest));
  const additions = await inSlices(additionsTo(accounts, found, limits), signal);
  const baseline = { kind: "accounts", accounts, names: current } as const;
  const lost = await inSlices(lostAddresses(baseline, { accounts: additions.accounts, names: current }), signal);
  if (lost.size > 0) throw new Error("additions would take addresses away");
  return { before: accounts, additions };
}

async function published(
  work: Poll,
  { place, found: { made } }: Extract<News, { readonly kind: "told" }>,
  { before, additions: found }: Compared,
): Promise<Outcome> {
  const { accounts, changes, limited } = found;
  const { services, view, domain, current, memory, context } = work;
  const { object, standing } = view;
  const { signal } = context;
  const now = services.deps.clock.now();
  const since = sinceOf(object, standing.manifest);
  const counts = countsWith(countedSince(since, object, standing.manifest), changes);
  const record = recordWith(recordSince(since, standing.manifest), since, { counts, changes, now });
  const { domain: name, aliasDomains } = current;
  const names = { domain: name, aliasDomains };
  // At a limit something is left that is to be told again.
  const feed = limited ? standing.manifest.feed : kept(object, place);
  const publishing = { wish: { accounts, names }, before, removed: 0, record, feed };
  const then = await publish(services, { object, domain, standing, signal }, publishing);
  if (!limited) remember(object, memory.followed, place);
  await besides(work, then, { record, changes });
  const state = limited ? "Limited" : "Current";
  const additions: AdditionsStatus = {
    state,
    since,
    lastTime: iso(now),
    accountAdds: counts.accountAdds,
    aliasAdds: counts.aliasAdds,
    message: STATES[state],
  };
  context.log.info({ changes: changes.length, limited }, "Added between syncs");
  const status = inHistory({ ...then.object.status, additions }, record);
  const fresh = countsWith({ accountAdds: 0, aliasAdds: 0 }, changes);
  return {
    view: { ...view, standing: then, object: then.object, missingTables: [] },
    status,
    polled: {
      result: limited ? "Limited" : "Added",
      answered: now,
      accountAdds: fresh.accountAdds,
      aliasAdds: fresh.aliasAdds,
      ages: agesOf(changes, { made, since, now: services.deps.clock.now() }),
    },
  };
}

/** For people who ask later; the list stands without it. */
async function besides(
  { services, view: { object }, context: { log, signal } }: Poll,
  { manifest }: Standing,
  {
    record,
    changes,
  }: { readonly record: Parameters<SyncServices["histories"]["put"]>[1] } & Pick<Additions, "changes">,
): Promise<void> {
  try {
    const plan = await inSlices(planOf(changes), signal);
    const time = manifest.current?.time ?? record.completed;
    const lists = await services.changes.put(object, { run: `additions-${time}`, time, plan }, signal);
    await services.histories.put(object, record, lists?.stands, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ reason: asFailure(error)?.reason ?? "Unknown" }, "What was added could not be kept in the history");
  }
}

/** It is asked again the next time; only the third time in a row somebody is told. */
function inTrouble(work: Poll, failure: Failure): Outcome {
  const { services, view, memory, context } = work;
  const { object, standing } = view;
  const { clock } = services.deps;
  const { followed } = memory;
  followed.troubles++;
  const { retryAt } = failure;
  followed.notBefore = retryAt === undefined ? undefined : clock.monotonic() + Math.max(0, retryAt - clock.now());
  context.log.debug({ reason: failure.reason, times: followed.troubles }, "The tenant cannot be asked what is new");
  const { status = {} } = object;
  if (followed.troubles < TROUBLES) return tellPolled("Failed", { view, status });
  const since = sinceOf(object, standing.manifest);
  const told = status.additions?.since === since ? status.additions : restarted(since);
  const additions: AdditionsStatus = { ...told, state: "Behind", message: failure.note };
  return tellPolled("Failed", { view, status: { ...status, additions } });
}

const tellPolled = (result: Polled["result"], outcome: Outcome, answered?: number): Outcome => ({
  ...outcome,
  polled: { result, ...(answered === undefined ? {} : { answered }) },
});
