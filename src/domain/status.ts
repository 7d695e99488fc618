/** The status of a MailDomain, from what was found and what was written. Pure. */
import { isOlder } from "../api/seniority.ts";
import type { MailDomain, MailDomainStatus, O365Sync } from "../api/types.generated.ts";
import type { PublishedList } from "../publication/lists.ts";
import { removeCondition, setCondition } from "../runtime/condition-list.ts";
import type { Condition } from "../runtime/kube.ts";
import type { Published } from "./publish-routing.ts";
import { type RouteVerdict, verdictOf } from "./route-verdict.ts";
import type { Routing } from "./routed-names.ts";

export interface DomainState {
  readonly routing: Routing;
  readonly lists: readonly PublishedList[];
  /** That refer to it. */
  readonly syncs: readonly O365Sync[];
  readonly exists: (sync: string) => boolean;
  readonly published: Published;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What the CRD allows. */
const MOST_SYNCS = 100;
const MOST_NAMES = 256;
const MOST_LISTS = 16;

export function statusOf(domain: MailDomain, found: DomainState): MailDomainStatus {
  const { routing, lists, exists, published, now } = found;
  // The oldest keeps the domain; beyond a hundred the youngest are left out.
  const syncs = [...found.syncs].sort((a, b) => (isOlder(a.metadata, b.metadata) ? -1 : 1));
  const succeeded = syncs.flatMap(({ status }) => status?.lastSuccessfulTime ?? []);
  const lastSuccessfulTime = [...succeeded, domain.status?.lastSuccessfulTime ?? ""].sort().at(-1) || undefined;
  const conflict = published.kind === "conflict" ? published.message : undefined;
  const verdict = verdictOf({ domain, routing, lists, syncs, exists, conflict, lastSuccessfulTime });
  return {
    observedGeneration: domain.metadata.generation ?? 0,
    domain: domain.spec.domain,
    addresses: addressesOfAll(domain, lists, syncs),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
    syncs: syncs
      .slice(0, MOST_SYNCS)
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      .map(({ metadata: { name }, status }) => ({
        name,
        ready: status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false,
        addresses: addressesOf(domain, name, lists),
      })),
    ...vouchedFor(domain, lists, syncs),
    ...(published.kind === "written"
      ? {
          routing: {
            configMap: published.name,
            revision: published.revision,
            names: routing.names.slice(0, MOST_NAMES),
          },
        }
      : {}),
    conditions: conditionsOf(domain, verdict, now),
  };
}

/**
 * What the status of each O365Sync vouches for, kept beyond its end for whoever takes its list over: as long as the list
 * stands. The oldest first, as they keep the domain.
 */
function vouchedFor(
  { status }: MailDomain,
  lists: readonly PublishedList[],
  syncs: readonly O365Sync[],
): Pick<MailDomainStatus, "lists"> {
  const now = syncs.flatMap(({ metadata: { name }, status: { anchor } = {} }) =>
    anchor?.publication === undefined
      ? []
      : [{ name, publication: anchor.publication, removals: [...(anchor.removals ?? [])] }],
  );
  const isStanding = (name: string): boolean => lists.some(({ sync }) => sync === name);
  const before = (status?.lists ?? []).filter(
    ({ name }) => isStanding(name) && !now.some((each) => each.name === name),
  );
  const all = [...now, ...before].slice(0, MOST_LISTS);
  return all.length === 0 ? {} : { lists: all.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** As before where the manifest cannot tell. */
function addressesOf({ status }: MailDomain, name: string, lists: readonly PublishedList[]): number {
  const list = lists.find(({ sync }) => sync === name);
  if (list === undefined) return 0;
  const before = status?.syncs?.find((sync) => sync.name === name)?.addresses;
  return list.manifest?.current?.counts.addresses ?? before ?? 0;
}

/** Of the lists that are kept; where nobody keeps one, of the largest that stands. */
function addressesOfAll(domain: MailDomain, lists: readonly PublishedList[], syncs: readonly O365Sync[]): number {
  const sizes = (some: readonly PublishedList[]): number[] => some.map(({ sync }) => addressesOf(domain, sync, lists));
  const kept = sizes(lists.filter(({ sync }) => syncs.some(({ metadata }) => metadata.name === sync)));
  return kept.length > 0 ? kept.reduce((sum, size) => sum + size, 0) : Math.max(0, ...sizes(lists));
}

/** What the conditions say, with whatever came of it. */
export function conditionsOf(
  domain: MailDomain,
  { reason, message, stalled }: Pick<RouteVerdict, "message" | "stalled"> & { readonly reason: string },
  now: number,
): Condition[] {
  const observedGeneration = domain.metadata.generation ?? 0;
  const before = domain.status?.conditions ?? [];
  const status = reason === "Routed" ? "True" : "False";
  const conditions = setCondition(before, { type: "Ready", status, reason, message, observedGeneration }, now);
  if (!stalled) return removeCondition(conditions, "Stalled");
  return setCondition(conditions, { type: "Stalled", status: "True", reason, message, observedGeneration }, now);
}
