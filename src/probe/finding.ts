/** What a probe tells of one thing that is taken for granted. */

export interface Finding {
  /** `unknown`: this tenant cannot show it. */
  readonly outcome: "holds" | "differs" | "unknown";
  /** What is taken for granted, and what was seen. */
  readonly text: string;
}
