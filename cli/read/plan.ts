/** The plan ConfigMap: the held plan, or that of the last test sync, as a diff. */
import { planName } from "../../src/api/names.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { readPlanFile } from "../../src/recipients/plan-file.ts";
import { isDelete } from "../../src/recipients/roster-changes.ts";
import { printable } from "../output.ts";
import { getConfigMap, type Session } from "../session.ts";

export interface ShownPlan {
  /** As the operator wrote it: a head, then `- address` and `+ address` lines, grouped. */
  readonly text: string;
}

export async function findPlan(session: Session, { metadata }: O365Sync): Promise<ShownPlan | undefined> {
  const found = await getConfigMap(session, metadata.namespace ?? "", planName(metadata.name));
  const text = found?.data?.["plan.txt"];
  return text === undefined ? undefined : { text };
}

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
export async function fateInPlan(
  session: Session,
  { metadata, status }: O365Sync,
  address: string,
  original = address,
): Promise<Fate> {
  const found = await getConfigMap(session, metadata.namespace ?? "", planName(metadata.name));
  for (const packed of Object.values(found?.binaryData ?? {})) {
    const plan = await readPlanFile(Buffer.from(packed, "base64"), session.signal);
    if (plan === undefined || plan.digest !== status?.held?.planDigest) continue;
    if (plan.lost.has(address)) return "removed";
    for (const change of plan.plan.changes) {
      const isOurs = change.address === address || change.address === original;
      if (isOurs && !isDelete(change.kind)) return "added";
    }
    return "untouched";
  }
  return "unknown";
}
