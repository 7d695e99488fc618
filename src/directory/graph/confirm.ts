/** Asks for objects by id, so that an address goes only when its object says so itself. */
import type { Deps } from "../../base/deps.ts";
import type { Source } from "../../recipients/model.ts";
import { malformed, type Refusal, refused } from "../errors/errors.ts";
import { asRecord, errorCodes, type JsonRecord, publicId } from "../http/json.ts";
import { type Attempt, parseRetryAfter, retrying } from "../http/retry.ts";
import { SELECT } from "../sources.ts";
import type { Confirmation } from "../types.ts";
import { fetchJson, type Graph } from "./graph.ts";
import { toObject } from "./objects.ts";

export interface Asked {
  readonly id: string;
  readonly source: Source;
}

const OPERATION = "confirming removals";
/** Graph's limit. */
const BATCH_SIZE = 20;
/** Batches on their way at once: a mass deletion has thousands. */
const LANES = 4;

/**
 * The answer has every id that was asked. A part that was throttled or failed is asked again, never taken as gone. The
 * first batch that fails for good ends the others.
 */
export async function confirmObjects(
  graph: Graph,
  objects: readonly Asked[],
  deps: Deps,
  signal: AbortSignal,
): Promise<Map<string, Confirmation>> {
  const confirmed = new Map<string, Confirmation>();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let from = 0;
  const lane = async (): Promise<void> => {
    while (from < objects.length) {
      const batch = objects.slice(from, from + BATCH_SIZE);
      from += BATCH_SIZE;
      await confirmBatch(graph, batch, deps, either, confirmed);
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, lane));
  } finally {
    stop.abort();
  }
  return confirmed;
}

async function confirmBatch(
  graph: Graph,
  batch: readonly Asked[],
  deps: Deps,
  signal: AbortSignal,
  confirmed: Map<string, Confirmation>,
): Promise<void> {
  let open = batch;
  await retrying(deps, signal, async (): Promise<Attempt<true>> => {
    const parts = await askBatch(graph, open, signal);
    const refusals = new Map<Asked, PartRefusal>();
    for (const [asked, part] of parts) {
      const outcome = judge(asked, part, deps.clock.now());
      if (isRefusal(outcome)) refusals.set(asked, outcome);
      else confirmed.set(asked.id, outcome);
    }
    open = [...refusals.keys()];
    return afterwards([...refusals.values()]);
  });
}

/** A part that another try may bring. */
interface PartRefusal {
  readonly refusal: Refusal;
  readonly retryAfterMs: number | undefined;
}

const isRefusal = (outcome: Confirmation | PartRefusal): outcome is PartRefusal =>
  outcome !== "gone" && "refusal" in outcome;

/** The part that wants the longest pause speaks for all. */
function afterwards(refusals: readonly PartRefusal[]): Attempt<true> {
  const [longest] = refusals.toSorted((a, b) => (b.retryAfterMs ?? 0) - (a.retryAfterMs ?? 0));
  if (longest === undefined) return { done: true };
  const { refusal, retryAfterMs } = longest;
  return { retry: (retryAt) => refused({ ...refusal, retryAt }), retryAfterMs };
}

async function askBatch(graph: Graph, objects: readonly Asked[], signal: AbortSignal): Promise<Map<Asked, JsonRecord>> {
  const requests = objects.map(({ id, source }, index) => ({
    id: String(index),
    method: "GET",
    url: `/${source}/${encodeURIComponent(id)}?$select=${SELECT[source]}`,
  }));
  const body = await fetchJson(graph, { operation: OPERATION, path: "/$batch", body: { requests }, signal });
  const { responses } = asRecord(body) ?? {};
  if (!Array.isArray(responses)) throw malformed(OPERATION, "a batch has no list of answers");
  // They come in any order.
  const byId = new Map(responses.map((response) => [asRecord(response)?.["id"], asRecord(response)]));
  return new Map(
    objects.map((asked, index) => {
      const part = byId.get(String(index));
      if (part === undefined) throw malformed(OPERATION, "a batch leaves out an object that was asked for");
      return [asked, part];
    }),
  );
}

function judge({ id, source }: Asked, { status, headers, body }: JsonRecord, now: number): Confirmation | PartRefusal {
  if (typeof status !== "number") throw malformed(OPERATION, "a part of a batch has no status");
  if (status === 404) return "gone";
  if (status === 200) return present(id, source, body);
  const header = (wanted: string): string | undefined => {
    const value = Object.entries(asRecord(headers) ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1];
    return typeof value === "string" || typeof value === "number" ? `${value}` : undefined;
  };
  const requestId = publicId(header("request-id"));
  const refusal = { operation: OPERATION, status, codes: errorCodes(body), requestId } as const;
  const failure = refused(refusal);
  if (failure.kind !== "retry") throw failure;
  return { refusal, retryAfterMs: parseRetryAfter(header("retry-after"), now) };
}

function present(id: string, source: Source, body: unknown): Confirmation {
  const object = toObject(OPERATION, source, body);
  if (object.id.toLowerCase() !== id.toLowerCase())
    throw malformed(OPERATION, "a part of a batch holds another object");
  if (!object.addressesShown) throw malformed(OPERATION, "an object came without its addresses");
  if (!object.mailEnabled) return { id, source, mail: null, proxyAddresses: [] };
  return { id, source, mail: object.mail, proxyAddresses: object.proxyAddresses };
}
