/** Keeps objects waiting while what is watched in their namespace was not listed: what is not seen yet is not gone. */

import type { Reconcile } from "../runtime/types.ts";
import type { WatchedNamespace } from "./wake.ts";

const LOOK_AGAIN_MS = 5_000;

export function whenSynced(namespaces: () => readonly WatchedNamespace[], reconcile: Reconcile): Reconcile {
  return async (key, context) => {
    const [namespace = ""] = key.split("/");
    const found = namespaces().find((watched) => watched.namespace === "" || watched.namespace === namespace);
    return found?.synced === false ? { requeueAfterMs: LOOK_AGAIN_MS } : reconcile(key, context);
  };
}
