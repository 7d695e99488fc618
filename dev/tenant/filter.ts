/** The `$filter` expressions that Graph takes for users, groups and contacts, and its refusals of all others. */
import type { DirectoryEntry } from "./company.ts";
import { GraphError } from "./graph-error.ts";

/** How a tenant takes filters on addresses: as they are, only as advanced queries, or not at all. */
export type AddressFilters = "plain" | "advanced" | "refused";

export interface Filter {
  matches(entry: DirectoryEntry): boolean;
  /** Whether it asks for addresses, and so for who has them. */
  readonly byAddress: boolean;
}

type Test = (entry: DirectoryEntry) => boolean;

/** Graph's own words: "Too many child clauses … Max allowed: 15". */
const MOST_CLAUSES = 15;
const TOKEN = /\s*('(?:[^']|'')*'|[A-Za-z$][\w$]*|[()/:])/y;

const unsupported = (message: string): GraphError => new GraphError(400, "Request_UnsupportedQuery", message);
const invalid = (): GraphError => unsupported("Unsupported or invalid query filter clause specified.");

/** What is left to read of an expression, and what was seen so far. */
interface Reading {
  readonly tokens: string[];
  readonly isGroup: boolean;
  clauses: number;
  byAddress: boolean;
}

/** Throws GraphError for whatever Graph would refuse. */
export function parseFilter(text: string, isGroup: boolean): Filter {
  const reading: Reading = { tokens: tokensOf(text), isGroup, clauses: 0, byAddress: false };
  const matches = either(reading);
  const { tokens, clauses, byAddress } = reading;
  if (tokens.length > 0) throw invalid();
  if (clauses > MOST_CLAUSES)
    throw unsupported(
      `Too many child clauses specified in search filter expression containing 'OR' operators: ${clauses}. Max allowed: ${MOST_CLAUSES}.`,
    );
  return { matches, byAddress };
}

const next = ({ tokens }: Reading): string => tokens.shift() ?? "";

function expect(reading: Reading, ...wanted: readonly string[]): void {
  for (const token of wanted) if (next(reading) !== token) throw invalid();
}

function either(reading: Reading): Test {
  const tests = [both(reading)];
  while (reading.tokens[0] === "or") {
    next(reading);
    tests.push(both(reading));
  }
  return (entry) => tests.some((test) => test(entry));
}

function both(reading: Reading): Test {
  const tests = [single(reading)];
  while (reading.tokens[0] === "and") {
    next(reading);
    tests.push(single(reading));
  }
  return (entry) => tests.every((test) => test(entry));
}

function single(reading: Reading): Test {
  const token = next(reading);
  if (token === "(") {
    const inner = either(reading);
    expect(reading, ")");
    return inner;
  }
  reading.clauses++;
  if (token === "mailEnabled" && reading.isGroup) {
    expect(reading, "eq", "true");
    return (entry) => entry["mailEnabled"] === true;
  }
  reading.byAddress = true;
  if (token === "mail") {
    expect(reading, "eq");
    const wanted = literalOf(next(reading)).toLowerCase();
    return ({ mail }) => mail?.length === wanted.length && mail.toLowerCase() === wanted;
  }
  // Properties of many values want the operator `any`.
  if (token !== "proxyAddresses") throw invalid();
  expect(reading, "/", "any", "(");
  const variable = next(reading);
  expect(reading, ":", variable, "eq");
  const wanted = folded(literalOf(next(reading)));
  expect(reading, ")");
  // Folding keeps the length: a large tenant is asked thousands of times.
  return ({ proxyAddresses }) =>
    proxyAddresses.some((proxy) => proxy.length === wanted.length && folded(proxy) === wanted);
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.length; ) {
    const found = TOKEN.exec(text);
    if (found?.[1] === undefined) throw invalid();
    tokens.push(found[1]);
  }
  return tokens;
}

function literalOf(token: string): string {
  if (!/^'.*'$/s.test(token)) throw invalid();
  return token.slice(1, -1).replaceAll("''", "'");
}

/** The prefix is compared as it is written, as careful scripts take it; an address in any case. */
function folded(proxy: string): string {
  const [prefix = "", ...rest] = proxy.split(":");
  return `${prefix}:${rest.join(":").toLowerCase()}`;
}
