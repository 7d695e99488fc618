/** Where Entra sends an administrator back to: wakes the object that `state` names, and shows what its own look found. */

import type { O365Sync } from "../api/types.generated.ts";
import type { Clock } from "../base/deps.ts";
import type { Answer } from "../observe/server.ts";
import type { ObjectKey } from "../runtime/kube.ts";
import { type ConsentVerdict, refusalIn, verdictOn } from "./consent-verdict.ts";
import { HEADERS, renderPage } from "./page.ts";
import { objectOf } from "./state.ts";

export interface CallbackOptions {
  /** Every O365Sync that there is. */
  readonly objects: () => readonly O365Sync[];
  /** As it is now, not as a cache has it; undefined when it is gone. */
  readonly read: (key: ObjectKey) => Promise<O365Sync | undefined>;
  readonly clientIdOf: (object: O365Sync) => string | undefined;
  /** Makes the operator look at the object's permissions with a fresh token, and resolves when that was done or takes too long. */
  readonly look: (key: string) => Promise<void>;
  readonly clock: Clock;
}

/** Of the links that are waited for, so many are remembered. */
const MOST_WAITING = 1000;

export function createCallback(options: CallbackOptions): (url: URL) => Promise<Answer> {
  const { objects, read, clientIdOf, look, clock } = options;
  /** When somebody first came back with a state, in milliseconds. */
  const waiting = new Map<string, number>();

  function waitedMs(state: string): number {
    const since = waiting.get(state) ?? clock.now();
    waiting.delete(state);
    waiting.set(state, since);
    const [oldest] = waiting.keys();
    if (waiting.size > MOST_WAITING && oldest !== undefined) waiting.delete(oldest);
    return clock.now() - since;
  }

  async function judge(query: URLSearchParams): Promise<ConsentVerdict> {
    const state = query.get("state");
    const named = objectOf(state, objects(), clientIdOf);
    const refusal = refusalIn(query);
    if (refusal !== undefined) return { kind: "refused", object: named, ...refusal };
    if (named === undefined || state === null) return { kind: "expired" };
    const { namespace = "", name } = named.metadata;
    await look(`${namespace}/${name}`);
    const object = await read({ namespace, name });
    if (object === undefined || object.metadata.uid !== named.metadata.uid) return { kind: "expired" };
    const verdict = verdictOn(object, waitedMs(state));
    if (verdict.kind === "granted") waiting.delete(state);
    return verdict;
  }

  return async (url): Promise<Answer> => {
    const body = renderPage(await judge(url.searchParams));
    return { status: 200, body, contentType: "text/html; charset=utf-8", headers: HEADERS };
  };
}
