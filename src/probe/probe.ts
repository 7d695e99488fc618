/** Asks a tenant, reading only, whether what this project takes for granted holds there. No address leaves this file. */
import { randomUUID } from "node:crypto";
import type { Deps } from "../base/deps.ts";
import { Failure } from "../base/failure.ts";
import { createTokenSource, type Token } from "../directory/entra/token.ts";
import { refused, unreachable } from "../directory/errors/to-failure.ts";
import { listPath } from "../directory/graph/pages.ts";
import type { Http, HttpResponse } from "../directory/http/http.ts";
import { asRecord, errorCodes, type JsonRecord, parseJson, publicId } from "../directory/http/json.ts";
import { TransportError } from "../directory/http/transport-error.ts";
import { missingRoles, showsGroupAddresses } from "../directory/permissions.ts";
import { FOLLOWING, LISTING, type Operation, SELECT_BY_ID } from "../directory/sources.ts";
import { SOURCES, type Source } from "../recipients/model.ts";
import { domainName } from "../recipients/smtp-address.ts";
import { probeAddresses } from "./address-filter.ts";
import { type DeltaProbe, probeDelta } from "./delta.ts";
import type { Finding } from "./finding.ts";
import type { ProbeOptions } from "./flags.ts";
import { watchDeltas } from "./watch.ts";

export interface ProbeDeps {
  readonly http: Http;
  readonly deps: Deps;
}

const ALL = { users: true, groups: true, contacts: true };
const LARGEST_PAGE = 999;

type Tell = (finding: Finding) => void;

/** Tells what it finds as it finds it. Throws Failure where nothing more can be asked. */
export async function probe(options: ProbeOptions, { http, deps }: ProbeDeps, tell: Tell): Promise<void> {
  const { connection, endpoints } = options;
  const { graph: origin } = endpoints[connection.cloud];
  const signal = new AbortController().signal;
  const started = deps.clock.monotonic();
  const tokens = createTokenSource({ connection, endpoints: endpoints[connection.cloud], http, deps });
  const token = await tokens.get(signal);
  tellToken(token, deps.clock.monotonic() - started, deps.clock.monotonic(), tell);

  async function ask(operation: Operation, path: string, body?: object): Promise<HttpResponse> {
    const url = path.startsWith("https:") ? path : `${origin}/v1.0${path}`;
    const headers = {
      Authorization: `Bearer ${token.value}`,
      "x-ms-throttle-priority": "Low",
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    };
    const post = body === undefined ? {} : { body: JSON.stringify(body) };
    try {
      return await http({ method: body === undefined ? "GET" : "POST", url, headers, signal, ...post });
    } catch (error) {
      throw error instanceof TransportError ? unreachable(operation, error) : error;
    }
  }

  await probeOrganization(ask, options.domain, tell);
  const samples = new Map<Source, JsonRecord>();
  for (const source of SOURCES) {
    const sample = await probeSource(ask, { source, origin, roles: token.roles }, tell);
    if (sample !== undefined) samples.set(source, sample);
  }
  await probeBatch(ask, samples, tell);
  await probeAddresses((body) => ask("confirming removals", "/$batch", body), samples, tell);
  await probeAdditions(options, { ask, origin, tell, clock: deps.clock });
}

interface Additions extends Pick<DeltaProbe, "origin" | "tell"> {
  readonly ask: Ask;
  readonly clock: Deps["clock"];
}

/** What schedule.additions takes for granted. */
async function probeAdditions({ watchMs }: ProbeOptions, { ask, origin, tell, clock }: Additions): Promise<void> {
  const deltas: DeltaProbe = {
    ask: (source, path) => ask(FOLLOWING[source], path),
    describe: (source, answer) =>
      answer.status === 200 ? "it is no page of a delta" : describe(FOLLOWING[source], answer),
    origin,
    tell,
  };
  const links = new Map<Source, string>();
  for (const source of SOURCES) {
    const link = await probeDelta(deltas, source);
    if (link !== undefined) links.set(source, link);
  }
  if (watchMs === undefined) return;
  const askById = (_: Source, path: string) => ask("confirming removals", path);
  await watchDeltas({ probe: deltas, askById, clock, ms: watchMs }, links);
}

type Ask = (operation: Operation, path: string, body?: object) => Promise<HttpResponse>;

const holdsIf = (condition: boolean, text: string): Finding => ({ outcome: condition ? "holds" : "differs", text });
const unknown = (text: string): Finding => ({ outcome: "unknown", text });

function tellToken(token: Token, ms: number, now: number, tell: Tell): void {
  const minutes = Math.round((token.expiresAt - now) / 60_000);
  tell(holdsIf(minutes >= 5, `a token is valid for longer than we keep from its end: ${minutes} minutes, in ${ms} ms`));
  tell(
    holdsIf(token.roles.length > 0, `a token names its application permissions: ${token.roles.join(", ") || "none"}`),
  );
  const missing = missingRoles(token.roles, ALL);
  tell(holdsIf(missing.length === 0, `nothing is missing for all three sources: ${missing.join(", ") || "nothing"}`));
}

/** What is public of an answer that was no success. */
const describe = (operation: Operation, { status, header, body }: HttpResponse): string =>
  refused({ operation, status, codes: errorCodes(parseJson(body)), requestId: publicId(header("request-id")) }).message;

async function probeOrganization(ask: Ask, domain: string | undefined, tell: Tell): Promise<void> {
  const operation = "reading the organization";
  const answer = await ask(operation, "/organization?$select=id,verifiedDomains");
  const [organization] = entriesOf(answer) ?? [];
  const domains = asRecord(organization)?.["verifiedDomains"];
  if (answer.status !== 200 || !Array.isArray(domains)) {
    tell({ outcome: "differs", text: `User.Read.All shows the tenant's domains: ${describe(operation, answer)}` });
    return;
  }
  tell(holdsIf(domains.length > 0, `User.Read.All shows the tenant's domains: ${domains.length}`));
  if (domain === undefined) return;
  const owned = domains.some((each) => domainName(String(asRecord(each)?.["name"])) === domain);
  tell(holdsIf(owned, `the tenant owns ${domain}`));
}

/** Answers an object of the source, if there is one. */
async function probeSource(
  ask: Ask,
  { source, origin, roles }: { readonly source: Source; readonly origin: string; readonly roles: readonly string[] },
  tell: Tell,
): Promise<JsonRecord | undefined> {
  const operation = LISTING[source];
  const answer = await ask(operation, listPath(source, LARGEST_PAGE));
  const entries = entriesOf(answer);
  if (entries === undefined) {
    const why = answer.status === 200 ? "a page has no list of entries" : describe(operation, answer);
    tell({ outcome: "differs", text: `${source}: pages of ${LARGEST_PAGE} may be asked for: ${why}` });
    return undefined;
  }
  const objects = entries.map((entry) => asRecord(entry) ?? {});
  const next = asRecord(parseJson(answer.body))?.["@odata.nextLink"];
  const more = next === undefined ? "the only page" : "there are more";
  tell(
    holdsIf(
      objects.length <= LARGEST_PAGE,
      `${source}: a page holds up to ${LARGEST_PAGE}: ${objects.length}, ${more}`,
    ),
  );
  tellFields(source, objects, tell);
  if (source === "groups") tellGroups(objects, roles, tell);
  tellHeaders(source, answer, tell);
  await followLink(ask, { source, origin, next, first: objects }, tell);
  return objects[0];
}

function tellFields(source: Source, objects: readonly JsonRecord[], tell: Tell): void {
  if (objects.length === 0) {
    tell(unknown(`${source}: fields, for there are none`));
    return;
  }
  const count = (is: (object: JsonRecord) => boolean): number => objects.filter(is).length;
  const all = objects.length;
  const lists = count(
    ({ proxyAddresses: list }) => Array.isArray(list) && list.every((each) => typeof each === "string"),
  );
  tell(holdsIf(lists === all, `${source}: proxyAddresses is a list of texts: ${lists} of ${all}`));
  const mails = count(({ mail }) => mail === null || typeof mail === "string");
  tell(holdsIf(mails === all, `${source}: mail is a text or null: ${mails} of ${all}`));
  const ids = new Set(objects.map(({ id }) => id)).size;
  tell(holdsIf(ids === all, `${source}: ids are there and differ: ${ids} of ${all}`));
}

function tellGroups(groups: readonly JsonRecord[], roles: readonly string[], tell: Tell): void {
  const all = groups.length;
  if (all === 0) return;
  const enabled = groups.filter(({ mailEnabled }) => mailEnabled === true).length;
  tell(holdsIf(enabled === all, `groups: the filter leaves mail-enabled ones: ${enabled} of ${all}`));
  const bare = groups.filter(
    ({ mail, proxyAddresses: list }) => mail === null && Array.isArray(list) && list.length === 0,
  );
  // Exchange gives a new group its addresses when it provisions it: a bare one says nothing of the permission.
  const shown = bare.length < all || showsGroupAddresses(roles);
  tell(holdsIf(shown, `groups: the permission shows their addresses: ${all - bare.length} of ${all}`));
}

function tellHeaders(source: Source, { header }: HttpResponse, tell: Tell): void {
  tell(holdsIf(publicId(header("request-id")) !== undefined, `${source}: an answer has a request-id`));
  const units = header("x-ms-resource-unit");
  const cost = `${source}: x-ms-resource-unit tells the cost of a page`;
  tell(
    units === undefined
      ? unknown(`${cost}: the header is absent`)
      : holdsIf(/^\d+$/.test(units), `${cost}: ${number(units)}`),
  );
  const throttle = header("x-ms-throttle-limit-percentage");
  if (throttle !== undefined)
    tell(holdsIf(Number(throttle) < 0.8, `${source}: far from being throttled: ${number(throttle)}`));
}

/** Nothing but numbers is repeated of a header. */
const number = (text: string): string => (/^[\d.]{1,10}$/.test(text) ? text : "something else");

interface Chain {
  readonly source: Source;
  readonly origin: string;
  readonly next: unknown;
  readonly first: readonly JsonRecord[];
}

async function followLink(ask: Ask, { source, origin, next, first }: Chain, tell: Tell): Promise<void> {
  if (typeof next !== "string") {
    tell(unknown(`${source}: links to the next page, for there is one page only`));
    return;
  }
  const own = URL.canParse(next) && new URL(next).origin === origin && new URL(next).pathname.startsWith("/v1.0/");
  tell(holdsIf(own, `${source}: the link to the next page leads to Graph itself`));
  if (!own) return;
  const answer = await ask(LISTING[source], next);
  const entries = entriesOf(answer);
  const seen = new Set(first.map(({ id }) => id));
  const again = (entries ?? []).filter((entry) => seen.has(asRecord(entry)?.["id"])).length;
  const text = `${source}: the link gives the next page, of other objects`;
  if (entries === undefined) tell({ outcome: "differs", text: `${text}: ${describe(LISTING[source], answer)}` });
  else tell(holdsIf(again === 0, `${text}: ${entries.length}, ${again} of them seen before`));
}

async function probeBatch(ask: Ask, samples: ReadonlyMap<Source, JsonRecord>, tell: Tell): Promise<void> {
  const known = [...samples].map(([source, object]) => ({ source, id: String(object["id"]), status: 200 }));
  const asked = [...known, { source: "users" as const, id: randomUUID(), status: 404 }];
  const requests = asked.map(({ source, id }, index) => ({
    id: String(index),
    method: "GET",
    url: `/${source}/${encodeURIComponent(id)}?$select=${SELECT_BY_ID[source]}`,
  }));
  const answer = await ask("confirming removals", "/$batch", { requests });
  const responses = asRecord(parseJson(answer.body))?.["responses"];
  const text = "$batch answers each part by itself";
  if (answer.status !== 200 || !Array.isArray(responses)) {
    tell({ outcome: "differs", text: `${text}: ${describe("confirming removals", answer)}` });
    return;
  }
  tell(holdsIf(responses.length === asked.length, `${text}: ${responses.length} of ${asked.length}`));
  for (const [index, { source, status }] of asked.entries()) {
    const part = responses.map(asRecord).find((response) => response?.["id"] === String(index));
    const what = status === 200 ? "shows an object of the list" : "says 404 of an object that never was";
    const shown = typeof part?.["status"] === "number" ? String(part["status"]) : "no status";
    const whole = status === 404 || Array.isArray(asRecord(part?.["body"])?.["proxyAddresses"]);
    tell(holdsIf(part?.["status"] === status && whole, `$batch ${what} (${source}): HTTP ${shown}`));
  }
}

function entriesOf({ status, body }: HttpResponse): readonly unknown[] | undefined {
  const value = asRecord(parseJson(body))?.["value"];
  return status === 200 && Array.isArray(value) ? value : undefined;
}

/** What keeps a probe from going on, in the words of the operator's own conditions. */
export const describeFailure = (error: unknown): string | undefined =>
  error instanceof Failure ? `${error.reason}: ${error.message}` : undefined;
