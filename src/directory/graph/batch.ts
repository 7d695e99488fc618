/** Asks many small questions in batches: each is answered, asked again where that may help, or ends them all. */
import type { Deps } from "../../base/deps.ts";
import { malformed, type Refusal, refused } from "../errors/to-failure.ts";
import { asRecord, errorCodes, type JsonRecord, publicId } from "../http/json.ts";
import { type Attempt, parseRetryAfter, retrying } from "../http/retry.ts";
import type { Operation } from "../sources.ts";
import { fetchJson, type Graph } from "./graph.ts";

export interface Question {
  /** Below the version, percent-encoded. */
  readonly url: string;
  /** A part has its own: those of the batch do not count. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reader<Q extends Question> {
  readonly operation: Operation;
  /** Takes an answer; false: a refusal, which `refused` may take. */
  read(question: Q, status: number, body: unknown): boolean;
  /** Takes a refusal that no other try would change; false: it ends everything. */
  refused?(question: Q, status: number): boolean;
}

/** Graph's limit. */
const BATCH_SIZE = 20;
/** Batches on their way at once: a mass deletion has thousands. */
const LANES = 4;

/**
 * When it is done, every question was answered. A part that was throttled or failed is asked again, never taken as
 * answered. The first batch that fails for good ends the others. A mass deletion has a hundred thousand questions: each is
 * made when its turn comes, and nothing is kept of it.
 */
export async function askAll<Q extends Question>(
  graph: Graph,
  questions: Iterable<Q>,
  reader: Reader<Q>,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const open = questions[Symbol.iterator]();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const lane = async (): Promise<void> => {
    for (let batch = take(open); batch.length > 0; batch = take(open))
      await askBatch(graph, batch, reader, { deps, signal: either });
  };
  try {
    await Promise.all(Array.from({ length: LANES }, lane));
  } finally {
    stop.abort();
  }
}

function take<Q>(from: Iterator<Q>): Q[] {
  const batch: Q[] = [];
  while (batch.length < BATCH_SIZE) {
    const next = from.next();
    if (next.done === true) break;
    batch.push(next.value);
  }
  return batch;
}

interface Asking {
  readonly deps: Deps;
  readonly signal: AbortSignal;
}

async function askBatch<Q extends Question>(
  graph: Graph,
  batch: readonly Q[],
  reader: Reader<Q>,
  { deps, signal }: Asking,
): Promise<void> {
  let open = batch;
  await retrying(deps, signal, async (): Promise<Attempt<true>> => {
    const parts = await send(graph, open, reader.operation, signal);
    const refusals = new Map<Q, PartRefusal>();
    for (const [question, part] of parts) {
      const refusal = judge(question, part, reader, deps.clock.now());
      if (refusal !== undefined) refusals.set(question, refusal);
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

/** The part that wants the longest pause speaks for all. */
function afterwards(refusals: readonly PartRefusal[]): Attempt<true> {
  const [longest] = refusals.toSorted((a, b) => (b.retryAfterMs ?? 0) - (a.retryAfterMs ?? 0));
  if (longest === undefined) return { done: true };
  const { refusal, retryAfterMs } = longest;
  return { retry: (retryAt) => refused({ ...refusal, retryAt }), retryAfterMs };
}

async function send<Q extends Question>(
  graph: Graph,
  questions: readonly Q[],
  operation: Operation,
  signal: AbortSignal,
): Promise<Map<Q, JsonRecord>> {
  const requests = questions.map(({ url, headers }, index) => {
    const request = { id: String(index), method: "GET", url };
    return headers === undefined ? request : { ...request, headers };
  });
  const body = await fetchJson(graph, { operation, path: "/$batch", body: { requests }, signal });
  const { responses } = asRecord(body) ?? {};
  if (!Array.isArray(responses)) throw malformed(operation, "a batch has no list of answers");
  // They come in any order.
  const byId = new Map(responses.map((response) => [asRecord(response)?.["id"], asRecord(response)]));
  return new Map(
    questions.map((question, index) => {
      const part = byId.get(String(index));
      if (part === undefined) throw malformed(operation, "a batch leaves out an object that was asked for");
      return [question, part];
    }),
  );
}

/** Undefined: it is answered. */
function judge<Q extends Question>(
  question: Q,
  { status, headers, body }: JsonRecord,
  reader: Reader<Q>,
  now: number,
): PartRefusal | undefined {
  const { operation } = reader;
  if (typeof status !== "number") throw malformed(operation, "a part of a batch has no status");
  if (reader.read(question, status, body)) return undefined;
  const header = (wanted: string): string | undefined => {
    const value = Object.entries(asRecord(headers) ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1];
    return typeof value === "string" || typeof value === "number" ? `${value}` : undefined;
  };
  const refusal = { operation, status, codes: errorCodes(body), requestId: publicId(header("request-id")) } as const;
  const failure = refused(refusal);
  if (failure.kind === "retry") return { refusal, retryAfterMs: parseRetryAfter(header("retry-after"), now) };
  if (reader.refused?.(question, status) !== true) throw failure;
  return undefined;
}
