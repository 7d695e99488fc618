/** What the status of a MailDomain says of its routing. Pure. */
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import type { PublishedList } from "../publication/lists.ts";
import type { Claim, Routing, Waiting } from "./routed-names.ts";

export interface RouteVerdict {
  readonly reason: "Routed" | "NoInboundServer" | "NoRecipientList" | "DomainClaimed" | "ConfigMapConflict";
  readonly message: string;
  /** A person must act. */
  readonly stalled: boolean;
}

export interface Known {
  readonly domain: MailDomain;
  readonly routing: Routing;
  readonly lists: readonly PublishedList[];
  /** That refer to it, the one that keeps it first. */
  readonly syncs: readonly O365Sync[];
  /** Whether there is an O365Sync of that name. */
  readonly exists: (sync: string) => boolean;
  /** Why the routing ConfigMap may not be touched. */
  readonly conflict: string | undefined;
  /** The last time that its list was confirmed, RFC 3339. */
  readonly lastSuccessfulTime: string | undefined;
}

const NO_SERVER =
  "spec.inboundServers is empty: the gateway would look up its own MX and loop; add where the mail is delivered";

/** The first that applies is the reason; everything else that a person has to know is said behind it. */
export function verdictOf(known: Known): RouteVerdict {
  const { domain, routing, conflict } = known;
  const { claims, missing, waiting, names } = routing;
  if (conflict !== undefined) return { reason: "ConfigMapConflict", message: conflict, stalled: true };
  if ((domain.spec.inboundServers ?? []).length === 0)
    return { reason: "NoInboundServer", message: NO_SERVER, stalled: true };
  const rest = [...(waiting.length === 0 ? [] : waitingNotes(known, waiting)), ...listNotes(known)];
  const say = (...sentences: readonly string[]): string => [...sentences, ...rest].join("; ");
  if (claims.length > 0) {
    const missed = missing.length === 0 ? [] : [noList(known)];
    const stalled = claims.some(({ name }) => name === domain.spec.domain);
    return { reason: "DomainClaimed", message: say(...claims.slice(0, MOST).map(claimNote), ...missed), stalled };
  }
  if (missing.length > 0)
    return { reason: "NoRecipientList", message: say(noList(known)), stalled: domain.spec.serverType !== "Office365" };
  return { reason: "Routed", message: say(`${inWords(names)} routed`), stalled: false };
}

/** How many names a sentence holds. */
const MOST = 10;

function inWords(names: readonly string[]): string {
  const more = names.length - MOST;
  return [...names.slice(0, MOST), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

function claimNote({ name, holder, routedHere }: Claim): string {
  return routedHere
    ? `${name} is routed by the MailDomain ${holder} too; take it out of one of the two`
    : `${name} is held by the MailDomain ${holder} and not routed here; take it out of one of the two`;
}

function noList({ domain: { metadata, spec }, routing: { missing }, syncs, lists }: Known): string {
  const what = `no recipient list is published for ${inWords(missing)}, so it is not routed`;
  if (spec.serverType !== "Office365") return `${what}; only domains with serverType Office365 have a sync`;
  const [sync] = syncs;
  const cure = `make an O365Sync with domainRef ${metadata.name} and sync it`;
  const elsewhere = lists.find(({ isOwn }) => !isOwn);
  if (sync === undefined && elsewhere !== undefined && missing.includes(spec.domain))
    return `${what} here: the list that stands, of the O365Sync ${elsewhere.sync}, was published for another MailDomain; delete this MailDomain if that one is meant, or ${cure}: it begins with that list`;
  if (sync === undefined) return `${what}; ${cure}`;
  return `${what}; the O365Sync ${sync.metadata.name} has not published it: ${stateOf(sync)}`;
}

/** What an O365Sync waits for, in a word. That it works on it is said only while a run is under way. */
function stateOf({ spec, status }: O365Sync): string {
  if (status?.held !== undefined) return `its plan ${status.held.planDigest} is held`;
  if (status?.lastSync !== undefined && status.lastSync.result === undefined) return "its sync is under way";
  if (spec.suspend) return "it is suspended";
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  if (ready === undefined) return "it was not looked at yet";
  if (ready.reason === "AwaitingFirstSync") return "it was not synced yet, and its condition Ready says how to";
  if (ready.status === "Unknown") return "its first sync has not begun yet";
  if (ready.status === "True")
    return spec.schedule.enabled ? "its next sync does" : "a sync does, when somebody asks for it";
  return `its condition Ready says ${ready.reason}`;
}

function waitingNotes(known: Known, waiting: readonly Waiting[]): string[] {
  const until = new Map<string, string[]>();
  for (const each of waiting) {
    const what = endOf(known, each);
    until.set(what, [...(until.get(what) ?? []), each.name]);
  }
  return [...until].map(([what, names]) => `no longer in the spec and routed ${what}: ${inWords(names)}`);
}

/** What ends a name that is routed and no longer in the spec. */
function endOf({ lists, syncs, exists }: Known, { name, heir }: Waiting): string {
  if (heir !== undefined) return `until the MailDomain ${heir} routes it`;
  const carriers = lists.filter(({ names }) => names.includes(name)).map(({ sync }) => sync);
  const carrier = carriers.find(exists);
  if (carrier === undefined)
    return `while the ConfigMaps of ${carriers[0] ?? "its list"} stand, whose O365Sync is gone`;
  const sync = syncs.find(({ metadata }) => metadata.name === carrier);
  const held = sync?.status?.held;
  const plan = held === undefined ? "its next plan that passes takes it out" : `its plan ${held.planDigest} is held`;
  return `while the list of the O365Sync ${carrier} carries it (${plan})`;
}

function listNotes({ lists, exists, lastSuccessfulTime }: Known): string[] {
  const unread = lists.filter(({ manifest }) => manifest === undefined).map(({ sync }) => sync);
  const left = lists.filter(({ sync, manifest }) => manifest !== undefined && !exists(sync));
  const kept = lists.some(({ sync }) => exists(sync));
  const since =
    lastSuccessfulTime ??
    left
      .map(({ manifest }) => manifest?.current?.time ?? "")
      .sort()
      .at(-1);
  const names = inWords(left.map(({ sync }) => sync));
  const orphans = kept
    ? `the ConfigMaps of ${names} stand, whose O365Sync is gone; delete them once no gateway mounts them`
    : `nobody refreshes the list of ${names} since ${since}: its O365Sync is gone; apply it again, or delete this MailDomain where the domain is given up`;
  return [
    ...(unread.length === 0 ? [] : [`the manifest of ${inWords(unread)} cannot be read, so what was routed stays so`]),
    ...(left.length === 0 ? [] : [orphans]),
  ];
}
