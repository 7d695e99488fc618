/** What is asked of a tenant as a whole: all its recipients, a taste of them, its domains. */
import { createPacer } from "../../base/slices.ts";
import type { Source } from "../../recipients/model.ts";
import { SOURCES } from "../../recipients/model.ts";
import { domainName } from "../../recipients/smtp-address.ts";
import { addressesHidden, malformed, refused } from "../errors/to-failure.ts";
import { asRecord } from "../http/json.ts";
import { showsGroupAddresses } from "../permissions.ts";
import { LISTING } from "../sources.ts";
import type { EnabledSources, ReadOptions, ReadStats } from "../types.ts";
import { fetchJson, type Graph } from "./graph.ts";
import { toObject } from "./objects.ts";
import { listPath, parsePage, readPages } from "./pages.ts";

type Counts = Omit<ReadStats, "requests">;

/** The chains run side by side; the first that fails ends the others. */
export async function readRecipients(
  graph: Graph,
  { sources, signal, onObject }: ReadOptions,
  rolesOf: () => Promise<readonly string[]>,
): Promise<Counts> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let failed: { readonly error: unknown } | undefined;
  const counts = await countEach(sources, (source) =>
    readSource(graph, source, { signal: either, onObject, rolesOf }).catch((error: unknown) => {
      failed ??= { error };
      stop.abort();
      return 0;
    }),
  );
  if (failed !== undefined) throw failed.error;
  return counts;
}

interface SourceOptions extends Pick<ReadOptions, "signal" | "onObject"> {
  /** Of the token. */
  readonly rolesOf: () => Promise<readonly string[]>;
}

async function readSource(graph: Graph, source: Source, { signal, onObject, rolesOf }: SourceOptions): Promise<number> {
  let objects = 0;
  let withoutAddress = 0;
  const pacer = createPacer(signal);
  for await (const { entries, first } of readPages(graph, source, signal)) {
    if (first) objects = withoutAddress = 0;
    for (const entry of entries) {
      const { id, mail, proxyAddresses, mailEnabled } = toObject(LISTING[source], source, entry);
      if (!mailEnabled) continue;
      objects++;
      if (mail === null && proxyAddresses.length === 0) withoutAddress++;
      onObject({ id, source, mail, proxyAddresses });
      const pause = pacer.pause();
      if (pause !== undefined) await pause;
    }
  }
  // A mail-enabled group gets its addresses when Exchange provisions it, so that some may have none yet. None with one at
  // all: either no group has been provisioned, or the token may not see what they have.
  const noneSeen = source === "groups" && objects > 0 && withoutAddress === objects;
  if (noneSeen && !showsGroupAddresses(await rolesOf())) throw addressesHidden(objects);
  return objects;
}

const SAMPLE_SIZE = 5;

/** How many records one short page of each source shows. */
export function readSample(graph: Graph, sources: EnabledSources, signal: AbortSignal): Promise<Counts> {
  return countEach(sources, async (source) => {
    const operation = LISTING[source];
    const body = await fetchJson(graph, { operation, path: listPath(source, SAMPLE_SIZE), signal });
    const { entries } = parsePage(operation, graph.origin, body);
    return entries.map((entry) => toObject(operation, source, entry)).length;
  });
}

async function countEach(sources: EnabledSources, count: (source: Source) => Promise<number>): Promise<Counts> {
  const counts = { users: 0, groups: 0, contacts: 0 };
  const enabled = SOURCES.filter((source) => sources[source]);
  await Promise.all(
    enabled.map(async (source) => {
      counts[source] = await count(source);
    }),
  );
  return counts;
}

const LONGEST_NAME = 253;
const NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
/** Microsoft's own limit; each connection keeps them. */
const MOST_DOMAINS = 5_000;

/** As domains are compared, those that are names; undefined where no permission allows to know. */
export async function readVerifiedDomains(graph: Graph, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const operation = "reading the organization";
  const answer = await graph.call({ operation, path: "/organization?$select=id,verifiedDomains", signal });
  if ("refusal" in answer) {
    if (answer.refusal.status === 403) return undefined;
    throw refused(answer.refusal);
  }
  const [organization] = parsePage(operation, graph.origin, answer.body).entries;
  const { verifiedDomains: domains } = asRecord(organization) ?? {};
  if (!Array.isArray(domains)) throw malformed(operation, "the organization has no list of domains");
  const names = domains.map((domain) => {
    const name = asRecord(domain)?.["name"];
    if (typeof name !== "string") throw malformed(operation, "a domain has no name");
    return name.length > LONGEST_NAME ? "" : (domainName(name) ?? "");
  });
  // They are shown: what is none is text that somebody would have people read.
  return names.filter((name) => NAME.test(name)).slice(0, MOST_DOMAINS);
}
