/** Asks for objects by id, so that an address goes only when its object says so itself. */
import type { Deps } from "../../base/deps.ts";
import { heldBy } from "../../recipients/held.ts";
import { malformed } from "../errors/to-failure.ts";
import { SELECT_BY_ID } from "../sources.ts";
import type { AskedObject, Confirmation } from "../types.ts";
import { askAll, type Question, type Reader } from "./batch.ts";
import type { Graph } from "./graph.ts";
import { toObject } from "./objects.ts";

interface ById extends AskedObject, Question {}

const OPERATION = "confirming removals";

/** The answer has every id that was asked. */
export async function confirmObjects(
  graph: Graph,
  objects: readonly AskedObject[],
  deps: Deps,
  signal: AbortSignal,
): Promise<Map<string, Confirmation>> {
  const confirmed = new Map<string, Confirmation>();
  const reader: Reader<ById> = {
    operation: OPERATION,
    read(asked, status, body) {
      if (status === 404) confirmed.set(asked.id, "gone");
      else if (status === 200) confirmed.set(asked.id, present(asked, body));
      else return false;
      return true;
    },
  };
  await askAll(graph, questionsOf(objects), reader, deps, signal);
  return confirmed;
}

function* questionsOf(objects: readonly AskedObject[]): Generator<ById> {
  for (const { id, source, addresses } of objects) {
    const url = `/${source}/${encodeURIComponent(id)}?$select=${SELECT_BY_ID[source]}`;
    yield { id, source, url, ...(addresses === undefined ? {} : { addresses }) };
  }
}

/** A mass deletion has a hundred thousand answers, and each may hold what an object may have: only what was asked for is kept. */
function present({ id, source, addresses }: ById, body: unknown): Confirmation {
  const object = toObject(OPERATION, source, body);
  if (object.id.toLowerCase() !== id.toLowerCase())
    throw malformed(OPERATION, "a part of a batch holds another object");
  if (!object.addressesShown) throw malformed(OPERATION, "an object came without its addresses");
  if (!object.mailEnabled) return { id, source, mail: null, proxyAddresses: [] };
  const { mail, proxyAddresses, made } = object;
  if (addresses === undefined) return { id, source, mail, proxyAddresses, ...(made === undefined ? {} : { made }) };
  const held = heldBy(object, new Set(addresses));
  return { id, source, mail: null, proxyAddresses: [...held].map((address) => `smtp:${address}`) };
}
