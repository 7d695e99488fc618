/** The plan ConfigMap: the held plan, or that of the last test sync, for people and for the approval that comes back. */

import { planName } from "../api/names.ts";
import type { O365Sync } from "../api/types.generated.ts";
import { inSlices } from "../base/slices.ts";
import type { Steps } from "../base/steps.ts";
import { headOfPlanFile, readPlanFile, writePlanFile } from "../recipients/plan-file.ts";
import { renderPlanText } from "../recipients/plan-text.ts";
import { sha256 } from "../recipients/revision.ts";
import type { ConfigMaps } from "./configmaps.ts";
import type { Proposal } from "./proposal.ts";

/** Where it is read, with kubectl too. */
export const TEXT_KEY = "plan.txt";

/** What it opens with. */
export interface PlanHead {
  /** It awaits an approval: the file vouches for the text too. */
  readonly isHeld: boolean;
  readonly title: string;
  readonly lines: readonly string[];
}

const LATEST_KEY = "plan.json.gz";
/** A held plan that a later test sync has taken the place of: its approval is still awaited. */
const HELD_KEY = "held.json.gz";

/** Base64 characters of both plans together: beside plan.txt they fit one ConfigMap. */
const LARGEST_JSON = 960 * 1024;

export interface Plans {
  /** A test sync's plan leaves the held one readable. Answers what names its file, for the status to keep. */
  save(object: O365Sync, proposal: Proposal, head: PlanHead, signal: AbortSignal): Promise<string>;
  /** The plan that the status says is held, as it was shown; undefined when it is gone, or another one stands there now. */
  shown(object: O365Sync, signal: AbortSignal): Promise<Proposal | undefined>;
  /** Takes away the plan that was held, once it no longer is. */
  clear(object: O365Sync, signal: AbortSignal): Promise<void>;
}

export function createPlans(maps: ConfigMaps): Plans {
  const read = (object: O365Sync, signal: AbortSignal) =>
    maps.read(object, planName(object.metadata.name), "plan", signal);

  return {
    async save(object, proposal, head, signal) {
      const found = await read(object, signal);
      const text = await inSlices(planText(object, proposal, head), signal);
      const shown = head.isHeld ? { text: textDigest(text) } : {};
      const file = await inSlices(writePlanFile({ ...proposal, ...shown }), signal);
      const named = sha256(file);
      const latest = file.toString("base64");
      const awaited = heldFile(object, found?.object.binaryData);
      const isReplaced = head.isHeld || awaited === undefined || sha256(awaited) === named;
      const held = isReplaced ? undefined : awaited.toString("base64");
      const binaryData: Record<string, string> = held === undefined ? {} : { [HELD_KEY]: held };
      // The one that awaits approval goes before the one that was only looked at.
      if (latest.length + (held?.length ?? 0) <= LARGEST_JSON) binaryData[LATEST_KEY] = latest;
      const data = { [TEXT_KEY]: text };
      await maps.put(object, { name: planName(object.metadata.name), role: "plan", data, binaryData }, found, signal);
      return named;
    },

    async shown(object, signal) {
      const file = heldFile(object, (await read(object, signal))?.object.binaryData);
      const plan = file && (await readPlanFile(file, signal));
      return plan?.digest === object.status?.held?.planDigest ? plan : undefined;
    },

    async clear(object, signal) {
      const found = await read(object, signal);
      if (found === undefined) return;
      const held = object.status?.held?.planDigest;
      const latest = await headOfPlanFile(Buffer.from(found.object.binaryData?.[LATEST_KEY] ?? "", "base64"));
      // Another one that a test sync looked at stays for whoever asked for it; one that was held, and that no status came to name, does not.
      const isOther = latest !== undefined && held !== undefined && latest.digest !== held && latest.text === undefined;
      if (!isOther) await maps.remove(found.metadata, signal);
    },
  };
}

/** The file that the status names: who may write ConfigMaps can write another one, but not the status. */
export function heldFile({ status }: O365Sync, binaryData: Readonly<Record<string, string>> = {}): Buffer | undefined {
  const named = status?.held?.planSha256;
  if (named === undefined) return undefined;
  const files = [LATEST_KEY, HELD_KEY].map((key) => Buffer.from(binaryData[key] ?? "", "base64"));
  return files.find((file) => sha256(file) === named);
}

/** As the file of a held plan names its text. */
export const textDigest = (text: string): string => sha256(text);

export function planText(
  object: O365Sync,
  proposal: Pick<Proposal, "plan" | "mirrors" | "digest">,
  { title, lines }: Omit<PlanHead, "isHeld">,
): Steps<string> {
  const mirrors = proposal.mirrors.map((name) => `no longer accepted: every address of the Mirror domain ${name}`);
  const head = [
    title,
    `plan ${proposal.digest} of ${object.metadata.namespace}/${object.metadata.name}`,
    ...lines,
    ...mirrors,
  ];
  return renderPlanText(proposal.plan, head);
}
