/** Asks for objects by id, so that an address is removed only when its object says so itself. */
import type { Deps } from "../api/deps.ts";
import type { Source } from "../recipients/model.ts";
import { malformed, refused } from "./errors.ts";
import { type Graph, refuse } from "./graph.ts";
import { parseObject } from "./pages.ts";
import { parseRetryAfter, retrying } from "./retry.ts";
import { SELECT } from "./sources.ts";
import type { Confirmation } from "./types.ts";

export interface Asked {
  readonly id: string;
  readonly source: Source;
}

const OPERATION = "confirming removals";
/** Graph's limit for one $batch. */
const BATCH_SIZE = 20;

/** The answer has every id that was asked. A part that was throttled or failed is asked again, never taken as gone. */
export async function confirmObjects(
  graph: Graph,
  objects: readonly Asked[],
  deps: Deps,
  signal: AbortSignal,
): Promise<Map<string, Confirmation>> {
  const confirmed = new Map<string, Confirmation>();
  for (let from = 0; from < objects.length; from += BATCH_SIZE) {
    await confirmBatch(graph, objects.slice(from, from + BATCH_SIZE), confirmed, deps, signal);
  }
  return confirmed;
}

function confirmBatch(
  graph: Graph,
  batch: readonly Asked[],
  confirmed: Map<string, Confirmation>,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  let open = batch;
  return retrying(deps, signal, async () => {
    const parts = await ask(graph, open, signal);
    const again: Asked[] = [];
    let worst: Part | undefined;
    for (const object of open) {
      const part = parts.get(object.id);
      if (part === undefined) throw malformed(OPERATION, "an answer is missing in a $batch");
      if (isTransient(part.status)) {
        again.push(object);
        worst = later(worst, part, deps.clock.now());
      } else {
        confirmed.set(object.id, judgePart(object, part));
      }
    }
    open = again;
    if (worst === undefined) return { done: undefined };
    const { status, code, retryAfter } = worst;
    return {
      retry: (retryAt: number | undefined) => refused({ operation: OPERATION, status, code, retryAt }),
      retryAfterMs: parseRetryAfter(retryAfter, deps.clock.now()),
    };
  });
}

const isTransient = (status: number): boolean => status === 429 || status === 424 || status >= 500;

/** The part that wants to wait longest. */
function later(a: Part | undefined, b: Part, now: number): Part {
  const wait = (part: Part): number => parseRetryAfter(part.retryAfter, now) ?? 0;
  return a !== undefined && wait(a) >= wait(b) ? a : b;
}

function judgePart({ source }: Asked, { status, code, body }: Part): Confirmation {
  if (status === 404) return "gone";
  if (status !== 200) throw refused({ operation: OPERATION, status, code });
  const { id, mail, proxyAddresses, mailEnabled } = parseObject(source, body);
  // A group that is no longer mail-enabled receives nothing, whatever addresses it still carries.
  if (source === "groups" && mailEnabled === false) return { id, source, mail: null, proxyAddresses: [] };
  return { id, source, mail, proxyAddresses };
}

interface Part {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | undefined;
  readonly body: unknown;
}

async function ask(graph: Graph, objects: readonly Asked[], signal: AbortSignal): Promise<Map<string, Part>> {
  const requests = objects.map(({ id, source }, index) => ({
    id: String(index),
    method: "GET",
    url: `/${source}/${encodeURIComponent(id)}?$select=${SELECT[source]}`,
  }));
  const answer = await graph.call({ operation: OPERATION, path: "/$batch", body: { requests }, signal });
  if (answer.code !== undefined) refuse(OPERATION, answer);
  const { responses } = (answer.body ?? {}) as { responses?: unknown };
  if (!Array.isArray(responses)) throw malformed(OPERATION, "a $batch has no array named responses");
  const parts = new Map<string, Part>();
  for (const response of responses) {
    const { id, status, headers, body } = (response ?? {}) as Record<string, unknown>;
    const object = objects[Number(id)];
    if (object === undefined || typeof status !== "number") throw malformed(OPERATION, "a $batch holds an answer that nobody asked for");
    parts.set(object.id, { status, code: codeOf(body), retryAfter: retryAfterOf(headers), body });
  }
  return parts;
}

function codeOf(body: unknown): string | undefined {
  const { error } = (body ?? {}) as { error?: { code?: unknown } };
  return typeof error?.code === "string" && /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/.test(error.code) ? error.code : undefined;
}

function retryAfterOf(headers: unknown): string | undefined {
  const found = Object.entries((headers ?? {}) as Record<string, unknown>).find(([name]) => name.toLowerCase() === "retry-after");
  return found === undefined ? undefined : String(found[1]);
}
