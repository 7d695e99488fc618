/** Whether a plan that is held is still the one to approve, although the list has grown since it was shown. */
import { inSlices } from "../../base/slices.ts";
import { beyond, type Proposal } from "../../publication/proposal.ts";
import type { GateServices } from "../services.ts";
import type { RunEnd } from "../status/transitions.ts";
import { type Change, type Ground, type Judged, judge } from "./gate.ts";

type Held = NonNullable<RunEnd["held"]>;

/**
 * What was shown to go is what would go now, and what else there is would pass by itself: then it stays shown, and its
 * command the one that works. Undefined: what would be done now is to be shown instead.
 */
export async function stillHeld(
  services: GateServices,
  ground: Ground,
  { change, judged }: { readonly change: Change; readonly judged: Judged },
): Promise<Held | undefined> {
  const { object, signal } = ground;
  const { held } = object.status ?? {};
  if (held?.planSha256 === undefined || held.rendering === true || !held.approvable) return undefined;
  if (judged.violations.some(({ approvable }) => !approvable)) return undefined;
  const shown = await services.plans.shown(object, signal);
  if (shown === undefined || !(await takesTheSame(judged.proposal, shown, signal))) return undefined;
  const { confirm: _asked, ...again } = change;
  const unseen = (proposal: Proposal) => inSlices(beyond(proposal, shown), signal);
  const { violations } = await judge(services, ground, { ...again, unseen });
  if (violations.length > 0) return undefined;
  const { planDigest, planSha256, reason, approvable } = held;
  return { planDigest, planSha256, reason, approvable, violations: held.violations };
}

async function takesTheSame(proposal: Proposal, shown: Proposal, signal: AbortSignal): Promise<boolean> {
  const [more, fewer] = [
    await inSlices(beyond(proposal, shown), signal),
    await inSlices(beyond(shown, proposal), signal),
  ];
  return [more, fewer].every(({ mirrors, lostCount }) => mirrors.length === 0 && lostCount === 0);
}
