/** What keeps a routing from being written is told in the conditions of its MailDomain, in the API server's own words. */

import { MAIL_DOMAIN } from "../api/resources.ts";
import { soundDomain } from "../api/sound-status.ts";
import type { Deps } from "../base/deps.ts";
import { asFailure } from "../publication/obstacle.ts";
import { find } from "../runtime/find.ts";
import { tellingLasting } from "../runtime/lasting-trouble.ts";
import type { Reconcile } from "../runtime/types.ts";
import { type StatusServices, writeStatus } from "./announce.ts";
import { conditionsOf } from "./status.ts";

interface Trouble {
  readonly reason: string;
  readonly message: string;
  /** A person must act. */
  readonly stalled: boolean;
}

/** `reconcile` itself, its results and errors, which are tried again; beside that, they are told. */
export function tellingTrouble(services: StatusServices & { readonly deps: Deps }, reconcile: Reconcile): Reconcile {
  const { clock } = services.deps;
  const tell = async (key: string, trouble: Trouble, signal: AbortSignal): Promise<void> => {
    const [namespace = "", name = ""] = key.split("/");
    const domain = await find(services.client, MAIL_DOMAIN, { namespace, name }, { signal });
    if (domain === undefined) return;
    const { object: sound } = soundDomain(domain);
    const conditions = conditionsOf(sound, trouble, clock.now());
    const observedGeneration = domain.metadata.generation ?? 0;
    await writeStatus(services, domain, { ...sound.status, observedGeneration, conditions }, signal);
  };
  return tellingLasting({ clock, inWords, tell }, reconcile);
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
