/** What keeps reconciles from ending, and so from writing a status of their own, is told in the conditions once it lasts. */

import { O365_SYNC } from "../api/resources.ts";
import { soundSync } from "../api/sound-status.ts";
import { MINUTE_MS } from "../base/time.ts";
import { asFailure } from "../publication/obstacle.ts";
import { find } from "../runtime/find.ts";
import type { Reconcile } from "../runtime/types.ts";
import type { SyncServices } from "./services.ts";
import { type Trouble, troubled } from "./status/conditions.ts";

type TroubleServices = Pick<SyncServices, "client" | "statuses" | "deps" | "events">;

/** What passes sooner is not worth a change of Ready; what the API server refuses does not pass. */
const HICCUP_MS = MINUTE_MS;

/**
 * `reconcile` itself, its results and errors; beside that, Ready turns False while its errors last longer than a minute.
 * `goesOn`: whether what failed is only waited with.
 */
export function tellingTrouble(
  services: TroubleServices,
  goesOn: (key: string) => boolean,
  reconcile: Reconcile,
): Reconcile {
  const { client, statuses, deps, events } = services;
  const since = new Map<string, number>();

  async function tell(key: string, trouble: Trouble, signal: AbortSignal): Promise<void> {
    const [namespace = "", name = ""] = key.split("/");
    const object = await find(client, O365_SYNC, { namespace, name }, { signal });
    if (object === undefined) return;
    await statuses.writeExactly(object, troubled(soundSync(object).object, trouble, deps.clock.now()), signal);
    events.event(object, { type: "Warning", reason: trouble.reason, action: "Sync", note: trouble.message });
  }

  return async (key, context) => {
    try {
      const result = await reconcile(key, context);
      if (!goesOn(key)) since.delete(key);
      return result;
    } catch (error) {
      const now = deps.clock.monotonic();
      const first = since.get(key) ?? now;
      since.set(key, first);
      const trouble = inWords(error);
      const lasts = trouble.stalled === true || now - first >= HICCUP_MS;
      if (lasts && !context.signal.aborted)
        await tell(key, trouble, context.signal).catch((err: unknown) =>
          context.log.debug({ err }, "The trouble could not be told"),
        );
      throw error;
    }
  };
}

function inWords(error: unknown): Trouble {
  const kept = "it is tried again by itself, and no address that stays valid is missing meanwhile";
  const failure = asFailure(error);
  if (failure === undefined)
    return { reason: "InternalError", message: `the operator failed inside, its log says where; ${kept}` };
  const { kind, reason, message } = failure;
  return kind === "retry"
    ? { reason, message: `${message}; ${kept}` }
    : { reason, message, stalled: kind === "stalled" };
}
