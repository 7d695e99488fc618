/** The queries that Graph understands, and its words for those that it refuses. */
import { readFileSync } from "node:fs";
import { type AddressFilters, type Filter, parseFilter } from "./filter.ts";
import { GraphError } from "./graph-error.ts";

export type Collection = "users" | "groups" | "contacts" | "organization";

interface Contract {
  readonly properties: Record<string, Record<Collection, string[]>>;
  readonly roles: Record<Collection, string[]>;
}

/** Taken from Microsoft's own schemas by scripts/graph-contract.py. */
const CONTRACT = JSON.parse(readFileSync(new URL("contract.json", import.meta.url), "utf8")) as Contract;

/** Properties that every cloud knows. */
const KNOWN: Readonly<Record<Collection, ReadonlySet<string>>> = {
  users: known("users"),
  groups: known("groups"),
  contacts: known("contacts"),
  organization: known("organization"),
};

function known(collection: Collection): Set<string> {
  const [first = [], ...others] = Object.values(CONTRACT.properties).map((cloud) => cloud[collection]);
  return new Set(first.filter((property) => others.every((other) => other.includes(property))));
}

/** Roles that Microsoft lists for a collection and that do not carry addresses: refused, as they are in practice. */
const BASIC = /ReadBasic|DeviceManagement|AgentId|CrossCloud|NestingSupport|PreferredDataLocation|ManageProtection/;

export const rolesFor = (collection: Collection): string[] =>
  CONTRACT.roles[collection].filter((role) => !BASIC.test(role));

export interface Query {
  readonly select: readonly string[];
  readonly top: number;
  readonly filter: Filter;
  readonly skip: number;
  readonly count: boolean;
}

const DEFAULT_SELECT: Readonly<Record<Collection, readonly string[]>> = {
  users: ["id", "displayName", "mail", "userPrincipalName"],
  groups: ["id", "displayName", "mail", "mailEnabled", "proxyAddresses"],
  contacts: ["id", "displayName", "mail", "proxyAddresses"],
  organization: ["id", "displayName", "verifiedDomains"],
};

const NOT_IN_COLLECTIONS = ["aboutMe", "birthday", "hireDate", "mailboxSettings", "mySite", "skills"];

/** Throws GraphError for whatever Graph would refuse. */
export function parseQuery(
  collection: Collection,
  parameters: URLSearchParams,
  { eventual, addressFilters }: { readonly eventual: boolean; readonly addressFilters: AddressFilters },
): Query {
  for (const name of parameters.keys()) {
    if (name === "$skip") throw badRequest("Request_UnsupportedQuery", "'$skip' is not supported by the service.");
    if (!["$select", "$top", "$filter", "$count", "$skiptoken"].includes(name))
      throw badRequest("Request_UnsupportedQuery", `The query parameter '${name}' is not supported.`);
  }
  const count = parseCount(parameters.get("$count"), eventual);
  const filter = filterOf(collection, parameters.get("$filter"));
  if (filter.byAddress && (addressFilters === "refused" || (addressFilters === "advanced" && !count)))
    throw badRequest("Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified.");
  return {
    select: parseSelect(collection, parameters.get("$select")),
    top: parseTop(parameters.get("$top")),
    filter,
    skip: parseSkipToken(parameters.get("$skiptoken")),
    count,
  };
}

export function parseSelect(collection: Collection, text: string | null): readonly string[] {
  if (text === null) return DEFAULT_SELECT[collection];
  const names = text.split(",");
  for (const name of names) {
    if (NOT_IN_COLLECTIONS.includes(name))
      throw new GraphError(501, "NotImplemented", `Property '${name}' is not available in a collection.`);
    if (!KNOWN[collection].has(name))
      throw badRequest(
        "BadRequest",
        `Parsing OData Select and Expand failed: Could not find a property named '${name}'.`,
      );
  }
  return names;
}

const LARGEST_PAGE = 999;
const DEFAULT_PAGE = 100;

function parseTop(text: string | null): number {
  if (text === null) return DEFAULT_PAGE;
  const top = Number(text);
  if (!/^\d+$/.test(text) || top < 1 || top > LARGEST_PAGE)
    throw badRequest(
      "Request_UnsupportedQuery",
      `Invalid page size specified: '${text}'. Must be between 1 and ${LARGEST_PAGE} inclusive.`,
    );
  return top;
}

const EVERYTHING: Filter = { matches: () => true, byAddress: false };

const filterOf = (collection: Collection, text: string | null): Filter =>
  text === null ? EVERYTHING : parseFilter(text, collection === "groups");

function parseCount(text: string | null, eventual: boolean): boolean {
  if (text === null) return false;
  if (text !== "true" || !eventual)
    throw badRequest("Request_BadRequest", "$count is not currently supported without ConsistencyLevel: eventual.");
  return true;
}

/** Opaque to a client; a token that we did not make has expired. */
export const skipToken = (skip: number): string =>
  Buffer.from(JSON.stringify({ skip, salt: "directory" })).toString("base64url");

function parseSkipToken(text: string | null): number {
  if (text === null) return 0;
  try {
    const { skip } = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as { skip?: unknown };
    if (typeof skip === "number") return skip;
  } catch {
    // Falls through: not one of ours.
  }
  throw badRequest("Directory_ExpiredPageToken", "The specified page token value is either malformed or expired.");
}

const badRequest = (code: string, message: string): GraphError => new GraphError(400, code, message);
