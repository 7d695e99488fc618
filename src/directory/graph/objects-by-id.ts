/** Asks for objects by id, so that an address goes only when its object says so itself. */
import type { Deps } from "../../base/deps.ts";
import type { Source } from "../../recipients/model.ts";
import { malformed } from "../errors/to-failure.ts";
import { SELECT_BY_ID } from "../sources.ts";
import type { Confirmation } from "../types.ts";
import { askAll, type Question } from "./batch.ts";
import type { Graph } from "./graph.ts";
import { toObject } from "./objects.ts";

export interface Asked {
  readonly id: string;
  readonly source: Source;
}

interface ById extends Asked, Question {}

const OPERATION = "confirming removals";

/** The answer has every id that was asked. */
export async function confirmObjects(
  graph: Graph,
  objects: readonly Asked[],
  deps: Deps,
  signal: AbortSignal,
): Promise<Map<string, Confirmation>> {
  const questions = objects.map(({ id, source }): ById => {
    return { id, source, url: `/${source}/${encodeURIComponent(id)}?$select=${SELECT_BY_ID[source]}` };
  });
  const answers = await askAll(graph, questions, { operation: OPERATION, read }, deps, signal);
  return new Map(Array.from(answers, ([{ id }, confirmation]) => [id, confirmation]));
}

function read({ id, source }: ById, status: number, body: unknown): Confirmation | undefined {
  if (status === 404) return "gone";
  return status === 200 ? present(id, source, body) : undefined;
}

function present(id: string, source: Source, body: unknown): Confirmation {
  const object = toObject(OPERATION, source, body);
  if (object.id.toLowerCase() !== id.toLowerCase())
    throw malformed(OPERATION, "a part of a batch holds another object");
  if (!object.addressesShown) throw malformed(OPERATION, "an object came without its addresses");
  if (!object.mailEnabled) return { id, source, mail: null, proxyAddresses: [] };
  const { mail, proxyAddresses, made } = object;
  return { id, source, mail, proxyAddresses, ...(made === undefined ? {} : { made }) };
}
