/** Looks at every object again now and then: an event that was missed, or that nothing sends, is not for ever. */

import type { O365SyncStatus } from "../api/types.generated.ts";
import type { Clock } from "../base/deps.ts";
import { MINUTE_MS } from "../base/time.ts";
import { findCondition } from "../runtime/condition-list.ts";
import type { KubeObject } from "../runtime/kube.ts";
import { storeKey } from "../runtime/store.ts";
import type { Controller, Store } from "../runtime/types.ts";

/** Every object at least so often, in minutes. */
const EVERY = 60;
/** And those that wait for a person, who may have mended something that nobody watches. */
const STALLED_EVERY = 10;

type Watched = KubeObject & { readonly status?: Pick<O365SyncStatus, "conditions"> };

/**
 * Each minute another part of the objects, by their names: a thousand of them are looked at evenly over the hour. Minutes
 * that this process slept through, on a machine that stood still, are made up for at once.
 */
export function lookAgain(
  store: Pick<Store<Watched>, "list">,
  controller: Pick<Controller, "enqueue">,
  clock: Clock,
  signal: AbortSignal,
): void {
  const start = clock.monotonic();
  let next = 0;
  const tick = (): void => {
    if (signal.aborted) return;
    const after = Math.max(next + 1, Math.floor((clock.monotonic() - start) / MINUTE_MS));
    for (const object of store.list()) {
      const key = storeKey(object.metadata);
      if (comesIn(slotOf(key), isStalled(object) ? STALLED_EVERY : EVERY, next, after)) controller.enqueue(key);
    }
    next = after;
    clock.setTimeout(tick, MINUTE_MS);
  };
  clock.setTimeout(tick, MINUTE_MS);
}

/** Whether one of the minutes from `first` to before `after` is the object's. */
const comesIn = (slot: number, every: number, first: number, after: number): boolean =>
  (((slot - first) % every) + every) % every < after - first;

const isStalled = ({ status }: Watched): boolean => findCondition(status?.conditions ?? [], "Stalled") !== undefined;

/** Spreads names evenly; FNV-1a. */
function slotOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}
