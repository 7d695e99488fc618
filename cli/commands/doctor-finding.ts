/** What a check of `doctor` says, and what a person does about it. */
export interface Finding {
  readonly level: "ok" | "warning" | "problem" | "unknown";
  readonly what: string;
  readonly cure?: string;
}
