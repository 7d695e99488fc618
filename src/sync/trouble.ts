/** What keeps reconciles of an O365Sync from ending is told in its conditions once it lasts. */

import { O365_SYNC } from "../api/resources.ts";
import { soundSync } from "../api/sound-status.ts";
import { asFailure } from "../publication/obstacle.ts";
import { find } from "../runtime/find.ts";
import { tellingLasting } from "../runtime/lasting-trouble.ts";
import type { Reconcile } from "../runtime/types.ts";
import type { SyncServices } from "./services.ts";
import { type Trouble, troubled } from "./status/conditions.ts";

type TroubleServices = Pick<SyncServices, "client" | "statuses" | "deps" | "events">;

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
  const { clock } = deps;
  const tell = async (key: string, trouble: Trouble, signal: AbortSignal): Promise<void> => {
    const [namespace = "", name = ""] = key.split("/");
    const object = await find(client, O365_SYNC, { namespace, name }, { signal });
    if (object === undefined) return;
    await statuses.writeExactly(object, troubled(soundSync(object).object, trouble, clock.now()), signal);
    events.event(object, { type: "Warning", reason: trouble.reason, action: "Sync", note: trouble.message });
  };
  return tellingLasting({ clock, goesOn, inWords, tell }, reconcile);
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
