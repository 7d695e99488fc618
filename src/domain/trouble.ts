/** What keeps a routing from being written is told in the conditions of its MailDomain, in the API server's own words. */

import { MAIL_DOMAIN } from "../api/resources.ts";
import { soundDomain } from "../api/sound-status.ts";
import type { Deps } from "../base/deps.ts";
import { MINUTE_MS } from "../base/time.ts";
import { asFailure } from "../publication/obstacle.ts";
import { find } from "../runtime/find.ts";
import type { Reconcile } from "../runtime/types.ts";
import { type StatusServices, writeStatus } from "./announce.ts";
import { conditionsOf } from "./status.ts";

/** What passes sooner is not worth a change of Ready; what the API server refuses does not pass. */
const HICCUP_MS = MINUTE_MS;

interface Trouble {
  readonly reason: string;
  readonly message: string;
  /** A person must act. */
  readonly stalled: boolean;
}

/** `reconcile` itself, its results and errors, which are tried again; beside that, they are told. */
export function tellingTrouble(services: StatusServices & { readonly deps: Deps }, reconcile: Reconcile): Reconcile {
  const { client, deps } = services;
  /** By the monotonic clock: somebody may set the other. */
  const since = new Map<string, number>();

  async function tell(key: string, trouble: Trouble, signal: AbortSignal): Promise<void> {
    const [namespace = "", name = ""] = key.split("/");
    const domain = await find(client, MAIL_DOMAIN, { namespace, name }, { signal });
    if (domain === undefined) return;
    const { object: sound } = soundDomain(domain);
    const conditions = conditionsOf(sound, trouble, deps.clock.now());
    const observedGeneration = domain.metadata.generation ?? 0;
    await writeStatus(services, domain, { ...sound.status, observedGeneration, conditions }, signal);
  }

  return async (key, context) => {
    try {
      const result = await reconcile(key, context);
      since.delete(key);
      return result;
    } catch (error) {
      const now = deps.clock.monotonic();
      const first = since.get(key) ?? now;
      since.set(key, first);
      const trouble = inWords(error);
      if ((trouble.stalled || now - first >= HICCUP_MS) && !context.signal.aborted)
        await tell(key, trouble, context.signal).catch((err: unknown) =>
          context.log.debug({ err }, "The trouble could not be told"),
        );
      throw error;
    }
  };
}

function inWords(error: unknown): Trouble {
  const kept = "what is routed stays so, and it is tried again by itself";
  const failure = asFailure(error);
  if (failure === undefined)
    return {
      reason: "InternalError",
      message: `the operator failed inside, its log says where; ${kept}`,
      stalled: false,
    };
  const { reason, message, kind } = failure;
  return { reason, message: `the routing is not up to date: ${message}; ${kept}`, stalled: kind === "stalled" };
}
