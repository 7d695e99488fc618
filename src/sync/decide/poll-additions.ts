/** Whether it is time to ask the tenant what is new: after everything that a run is needed for. Pure. */

import { wantsAdditions } from "../additions/poll-times.ts";
import type { Decision, Situation } from "./situation.ts";

/**
 * Goes on while a plan is held or a retry is planned. At a limit nothing more is added until the next sync, so nothing is
 * asked either. Needs a list that stands and whose accounts can be read.
 */
export function pollAdditions(situation: Situation): Decision | number | undefined {
  const { object, domain, obstacle, accountsDamaged, pollAt, now } = situation;
  if (!wantsAdditions(object) || obstacle !== undefined || domain === undefined || accountsDamaged) return undefined;
  if (pollAt === undefined || object.status?.additions?.state === "Limited") return undefined;
  return pollAt <= now ? { do: "poll", due: pollAt } : pollAt;
}
