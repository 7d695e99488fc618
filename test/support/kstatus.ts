/** How kstatus, which Flux and Helm wait with, judges an object: its rules for kinds that it does not know. */
import { execFileSync } from "node:child_process";

interface Judged {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export type Kstatus = "InProgress" | "Failed" | "Current" | "Terminating";

export function kstatusOf({ metadata, status }: Judged): Kstatus {
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  const observed = status?.observedGeneration;
  if (observed !== undefined && observed !== metadata.generation) return "InProgress";
  const is = (type: string, wanted: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === wanted) === true;
  if (is("Reconciling", "True")) return "InProgress";
  if (is("Stalled", "True")) return "Failed";
  return is("Ready", "False") || is("Ready", "Unknown") ? "InProgress" : "Current";
}

/** The real one, where $KSTATUS names the program: it reads objects and prints a line for each. */
export function realKstatus(objects: readonly object[]): string[] {
  const program = process.env["KSTATUS"] ?? "";
  const input = objects
    .map((object, index) =>
      JSON.stringify({ apiVersion: "o365sync.dev/v1alpha1", kind: "O365Sync", ...named(object, index) }),
    )
    .join("\n");
  const lines = execFileSync(program, { input, encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => line.split("\t")[1] ?? "");
}

const named = (object: object, index: number): object => {
  const { metadata = {} } = object as { metadata?: object };
  return { ...object, metadata: { name: `object-${index}`, namespace: "mail", ...metadata } };
};
