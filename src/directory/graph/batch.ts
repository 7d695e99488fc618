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

export interface Reader<Q extends Question, A> {
  readonly operation: Operation;
  /** Undefined: a refusal, of which `refused` may make an answer. */
  read(question: Q, status: number, body: unknown): A | undefined;
  /** What a refusal that no other try would change says; undefined: it ends everything. */
  refused?(question: Q, status: number): A | undefined;
}

/** Graph's limit. */
const BATCH_SIZE = 20;
/** Batches on their way at once: a mass deletion has thousands. */
const LANES = 4;

/**
 * The answer has every question that was asked. A part that was throttled or failed is asked again, never taken as
 * answered. The first batch that fails for good ends the others.
 */
export async function askAll<Q extends Question, A>(
  graph: Graph,
  questions: readonly Q[],
  reader: Reader<Q, A>,
  deps: Deps,
  signal: AbortSignal,
): Promise<Map<Q, A>> {
  const answers = new Map<Q, A>();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let from = 0;
  const lane = async (): Promise<void> => {
    while (from < questions.length) {
      const batch = questions.slice(from, from + BATCH_SIZE);
      from += BATCH_SIZE;
      await askBatch(graph, batch, reader, { deps, signal: either, answers });
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, lane));
  } finally {
    stop.abort();
  }
  return answers;
}

interface Asking<Q, A> {
  readonly deps: Deps;
  readonly signal: AbortSignal;
  /** Filled. */
  readonly answers: Map<Q, A>;
}

async function askBatch<Q extends Question, A>(
  graph: Graph,
  batch: readonly Q[],
  reader: Reader<Q, A>,
  { deps, signal, answers }: Asking<Q, A>,
): Promise<void> {
  let open = batch;
  await retrying(deps, signal, async (): Promise<Attempt<true>> => {
    const parts = await send(graph, open, reader.operation, signal);
    const refusals = new Map<Q, PartRefusal>();
    for (const [question, part] of parts) {
      const outcome = judge(question, part, reader, deps.clock.now());
      if ("answer" in outcome) answers.set(question, outcome.answer);
      else refusals.set(question, outcome);
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

function judge<Q extends Question, A>(
  question: Q,
  { status, headers, body }: JsonRecord,
  reader: Reader<Q, A>,
  now: number,
): { readonly answer: A } | PartRefusal {
  const { operation } = reader;
  if (typeof status !== "number") throw malformed(operation, "a part of a batch has no status");
  const answer = reader.read(question, status, body);
  if (answer !== undefined) return { answer };
  const header = (wanted: string): string | undefined => {
    const value = Object.entries(asRecord(headers) ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1];
    return typeof value === "string" || typeof value === "number" ? `${value}` : undefined;
  };
  const refusal = { operation, status, codes: errorCodes(body), requestId: publicId(header("request-id")) } as const;
  const failure = refused(refusal);
  if (failure.kind === "retry") return { refusal, retryAfterMs: parseRetryAfter(header("retry-after"), now) };
  const taken = reader.refused?.(question, status);
  if (taken === undefined) throw failure;
  return { answer: taken };
}
