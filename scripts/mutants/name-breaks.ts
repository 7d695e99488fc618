/** Breaks of what happens to a name: which lists carry it, who routes it, and who takes it off. */
import { type Break, one } from "./break.ts";

const ROUTING = "src/domain/routed-names.ts";
const PUBLISH_ROUTING = "src/domain/publish-routing.ts";
const LISTS = "src/publication/lists.ts";
const ROUTES = "src/publication/routes.ts";
const MANIFEST = "src/publication/manifest.ts";
const HANDOVER = "src/sync/handover.ts";
const ROUTE_TEST = "unit/domain/route";
const LOST = "unit/domain/lost-manifest";
const NAMES = "unit/domain/names";
const UNREADABLE = "unit/domain/unreadable-lists";

export const names: readonly Break[] = [
  one(
    "a name is withdrawn from every routing that follows the list",
    ROUTES,
    "[...new Set([object.spec.domainRef.name, ...found])]",
    "[object.spec.domainRef.name]",
    NAMES,
  ),
  one(
    "a withdrawal that meets another writer is tried again",
    ROUTES,
    "if (!(error instanceof ApiError && error.conflict) || attempt === ATTEMPTS) throw error;",
    "if (attempt > 0) throw error;",
    NAMES,
  ),
  one(
    "no name is withdrawn from a foreign ConfigMap",
    ROUTES,
    "found === undefined || !isRouting(found, mailDomain)",
    "found === undefined",
    NAMES,
  ),
  one(
    "without a manifest whatever is routed may lose its table",
    ROUTES,
    "current === undefined ? routed : carriedNames(current)",
    "carriedNames(current)",
    LOST,
  ),
  one(
    "a list of another domain carries no name of this one",
    LISTS,
    "if (told !== undefined && told !== domain) continue;",
    "",
    NAMES,
  ),
  one(
    "an heir that routes a name by the list that gives it up does not have it yet",
    HANDOVER,
    "if (heir.spec.domain !== domain.spec.domain) return false;",
    "return false;",
    NAMES,
  ),
  one(
    "what an unreadable list carries its tables tell",
    "src/publication/carriers.ts",
    'table === "unread" || mayHold(table, name)',
    "true",
    NAMES,
  ),
  one(
    "of a table that cannot be read in full nobody says that it lacks a name",
    "src/publication/carriers.ts",
    "if (!isWhole || !isKnown) return true;",
    "",
    UNREADABLE,
  ),
  one(
    "a list that nobody can read is no heir's list",
    "src/publication/carriers.ts",
    "sync !== except && manifest?.current !== undefined",
    "sync !== except",
    UNREADABLE,
  ),
  one("without a server nothing is routed", ROUTING, "names: hasServers ? names : []", "names", ROUTE_TEST),
  one(
    "a name that a table still carries enters no routing beside its new holder's",
    ROUTING,
    "return !rivals.some((rival) => rival.claims.includes(name) || rival.routes.includes(name));",
    "return true;",
    NAMES,
  ),
  one(
    "a name that a table still carries enters a routing that was lost",
    ROUTING,
    "return !rivals.some((rival) => rival.claims.includes(name) || rival.routes.includes(name));",
    "return false;",
    ROUTE_TEST,
  ),
  one(
    "a name has an heir until that one routes it",
    ROUTING,
    "return claimants.some(({ routes }) => routes.includes(name)) ? undefined : claimants[0]?.name;",
    "return claimants[0]?.name;",
    NAMES,
  ),
  one(
    "where two route a name, both keep it",
    ROUTING,
    "const routedHere = names.includes(name);",
    "const routedHere = false;",
    NAMES,
  ),
  one(
    "a list without tables carries no name",
    MANIFEST,
    "if (publication === undefined || layoutsOf(publication).length === 0) return [];",
    "if (publication === undefined) return [];",
    NAMES,
  ),
  one(
    "a routing ConfigMap that routes nothing any more stays",
    PUBLISH_ROUTING,
    'if (found === undefined && names.length === 0) return { kind: "none" };',
    'if (names.length === 0) return { kind: "none" };',
    ROUTE_TEST,
  ),
  one(
    "a routing of version 0.1.0 is told by what it routes",
    PUBLISH_ROUTING,
    "routed.length === 0 || routed.includes(spec.domain) ? spec.domain : routed[0]",
    "spec.domain",
    NAMES,
  ),
  one(
    "an heir that is going is none",
    HANDOVER,
    "!== storeKey(domain.metadata) && !other.metadata.deletionTimestamp",
    "!== storeKey(domain.metadata)",
    NAMES,
  ),
  one(
    "the routing ConfigMap of an heir is asked, not its status",
    HANDOVER,
    "const routed = await routedBy(services, heir, signal);",
    "const routed: string[] = [...(heir.status?.routing?.names ?? [])];",
    NAMES,
  ),
  one(
    "a list whose MailDomain is gone may be finished, another's may not",
    "src/sync/gather.ts",
    "seen.metadata.labels?.[LABEL_DOMAIN] === name) return;",
    "name !== '') return;",
    NAMES,
  ),
  one(
    "of several lists the last one counts",
    "src/sync/predecessor.ts",
    "(a.publication.time < b.publication.time ? -1 : 1)",
    "(a.publication.time < b.publication.time ? 1 : -1)",
    NAMES,
  ),
  one(
    "only what is named as the operator names it is swept",
    "src/publication/inspect.ts",
    "return name.startsWith(sync) && pattern?.test(name.slice(sync.length)) === true;",
    "return pattern !== undefined;",
    NAMES,
  ),
  one(
    "a Directory domain is kept in renderings until a run ends it",
    "src/publication/publication.ts",
    'return recipients === "Directory" || wanted',
    "return wanted",
    NAMES,
  ),
];
