/** The plan ConfigMap: the held plan, or that of the last test sync, as a diff. */
import { planName } from "../../src/api/names.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { allSteps } from "../../src/base/steps.ts";
import { heldFile, planText, TEXT_KEY, textDigest } from "../../src/publication/plans.ts";
import { headOfPlanFile, readPlanFile, type StoredPlan } from "../../src/recipients/plan-file.ts";
import { isDelete } from "../../src/recipients/roster-changes.ts";
import { CommandError } from "../command-error.ts";
import { printable } from "../output.ts";
import { getConfigMap, type Session } from "../session.ts";

export interface ShownPlan {
  /** As the operator wrote it: a head, then `- address` and `+ address` lines, grouped. */
  readonly text: string;
}

/** What `plan.txt` says: nobody vouches for it, and nothing may be approved by it. */
export async function findPlan(session: Session, { metadata }: O365Sync): Promise<ShownPlan | undefined> {
  const found = await getConfigMap(session, metadata.namespace ?? "", planName(metadata.name));
  const text = found?.data?.[TEXT_KEY];
  return text === undefined ? undefined : { text };
}

/**
 * The plan that an approval lets through: the status names its file, and that the text. Where `plan.txt` says something
 * else (of a test sync since, of an older operator, or because somebody edited it), the file tells. Throws CommandError
 * where neither is there as it was shown.
 */
export async function findHeldPlan(session: Session, sync: O365Sync): Promise<ShownPlan> {
  const found = await getConfigMap(session, sync.metadata.namespace ?? "", planName(sync.metadata.name));
  const file = heldFile(sync, found?.binaryData);
  if (file !== undefined) {
    const text = found?.data?.[TEXT_KEY];
    if (text !== undefined && textDigest(text) === (await headOfPlanFile(file))?.text) return { text };
    const plan = await readPlanFile(file, session.signal);
    if (plan !== undefined) return { text: allSteps(planText(sync, plan, { title: HELD, lines: lostLines(plan) })) };
  }
  throw new CommandError(
    `the plan that is held is not there as it was shown: the ConfigMap ${planName(sync.metadata.name)} was edited since, or is gone; kubectl mailsync sync ${sync.metadata.name} makes it anew`,
  );
}

const HELD = "held: nothing was published";
const lostLines = ({ lostCount }: StoredPlan): string[] =>
  lostCount === 0 ? [] : [`addresses that are refused from then on: ${lostCount}`];

/** `most`: lines at the most. */
export function printPlan({ output }: Session, { text }: ShownPlan, most = Number.POSITIVE_INFINITY): void {
  const lines = printable(text).trimEnd().split("\n");
  for (const line of lines.slice(0, most)) {
    const colour = line.startsWith("- ") ? "red" : line.startsWith("+ ") ? "green" : undefined;
    output.line(colour === undefined ? line : output.paint(colour, line));
  }
  if (lines.length > most) output.line(`… and ${lines.length - most} more lines`);
}

/** What a held plan would do to an address; unknown where the plan is too large to be kept in full. */
export type Fate = "added" | "removed" | "untouched" | "unknown";

/** `original`: the address that it repeats in a Mirror domain. */
export async function fateInPlan(session: Session, sync: O365Sync, address: string, original = address): Promise<Fate> {
  const found = await getConfigMap(session, sync.metadata.namespace ?? "", planName(sync.metadata.name));
  const file = heldFile(sync, found?.binaryData);
  const plan = file && (await readPlanFile(file, session.signal));
  if (plan === undefined || plan.digest !== sync.status?.held?.planDigest) return "unknown";
  if (plan.lost.has(address)) return "removed";
  for (const change of plan.plan.changes) {
    const isOurs = change.address === address || change.address === original;
    if (isOurs && !isDelete(change.kind)) return "added";
  }
  return "untouched";
}
