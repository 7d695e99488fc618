/** The plan ConfigMap: the held plan, or that of the last test sync, for people and for the approval that comes back. */

import { approveCommand } from "../api/commands.ts";
import { planName } from "../api/names.ts";
import type { O365Sync } from "../api/types.generated.ts";
import { inSlices } from "../base/slices.ts";
import type { Steps } from "../base/steps.ts";
import { parsePlanJson, planJson, renderPlanText } from "../recipients/plan-text.ts";
import type { ConfigMaps } from "./configmaps.ts";
import type { Proposal } from "./proposal.ts";

/** What `plan.txt` opens with. */
export interface PlanHead {
  readonly title: string;
  readonly lines: readonly string[];
}

const LATEST_KEY = "plan.json.gz";
/** A held plan that a later test sync has taken the place of: its approval is still awaited. */
const HELD_KEY = "held.json.gz";

/** Base64 characters of both plans together: beside plan.txt they fit one ConfigMap. */
const LARGEST_JSON = 960 * 1024;

export interface Plans {
  /** A test sync's plan leaves the held one readable. */
  save(object: O365Sync, proposal: Proposal, head: PlanHead, signal: AbortSignal): Promise<void>;
  /** The plan with this digest, if it was shown; undefined when it is gone. */
  shown(object: O365Sync, digest: string, signal: AbortSignal): Promise<Proposal | undefined>;
  /** Takes the plan with this digest away, once it is no longer held. */
  clear(object: O365Sync, digest: string, signal: AbortSignal): Promise<void>;
}

export function createPlans(maps: ConfigMaps): Plans {
  const read = (object: O365Sync, signal: AbortSignal) =>
    maps.read(object, planName(object.metadata.name), "plan", signal);

  return {
    async save(object, proposal, head, signal) {
      const found = await read(object, signal);
      const awaited = object.status?.held?.planDigest;
      const held = await inSlices(heldBeside(found?.object.binaryData, awaited, proposal.digest), signal);
      const latest = (await inSlices(planJson(proposal), signal)).toString("base64");
      const binaryData: Record<string, string> = held === undefined ? {} : { [HELD_KEY]: held };
      // The one that awaits approval goes before the one that was only looked at.
      if (latest.length + (held?.length ?? 0) <= LARGEST_JSON) binaryData[LATEST_KEY] = latest;
      const data = { "plan.txt": await inSlices(planText(object, proposal, head), signal) };
      await maps.put(object, { name: planName(object.metadata.name), role: "plan", data, binaryData }, found, signal);
    },

    async shown(object, digest, signal) {
      const { binaryData } = (await read(object, signal))?.object ?? {};
      return inSlices(withDigest(binaryData, digest), signal);
    },

    async clear(object, digest, signal) {
      const found = await read(object, signal);
      if (found === undefined) return;
      const latest = await inSlices(decode(found.object.binaryData?.[LATEST_KEY]), signal);
      if (latest === undefined || latest.digest === digest) await maps.remove(found.metadata, signal);
    },
  };
}

/** The stored plan that is held, unless it is the new one. */
function* heldBeside(
  binaryData: Record<string, string> | undefined,
  heldDigest: string | undefined,
  newDigest: string,
): Steps<string | undefined> {
  if (heldDigest === undefined || heldDigest === newDigest) return undefined;
  for (const key of [LATEST_KEY, HELD_KEY]) {
    if ((yield* decode(binaryData?.[key]))?.digest === heldDigest) return binaryData?.[key];
  }
  return undefined;
}

function* withDigest(binaryData: Record<string, string> | undefined, digest: string): Steps<Proposal | undefined> {
  for (const key of [LATEST_KEY, HELD_KEY]) {
    const plan = yield* decode(binaryData?.[key]);
    if (plan?.digest === digest) return plan;
  }
  return undefined;
}

function planText(object: O365Sync, proposal: Proposal, { title, lines }: PlanHead): Steps<string> {
  const mirrors = proposal.mirrors.map((name) => `no longer accepted: every address of the Mirror domain ${name}`);
  const head = [
    title,
    `plan ${proposal.digest} of ${object.metadata.namespace}/${object.metadata.name}`,
    ...lines,
    ...mirrors,
  ];
  return renderPlanText(proposal.plan, head);
}

export const approveLine = (object: O365Sync, digest: string): string =>
  `to let it through: ${approveCommand(object, digest)}`;

function* decode(value: string | undefined): Steps<Proposal | undefined> {
  return value === undefined ? undefined : yield* parsePlanJson(Buffer.from(value, "base64"));
}
