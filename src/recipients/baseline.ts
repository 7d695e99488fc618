/** What a plan is compared with: what is published now, as far as it can be read. */
import type { DomainNames } from "./model.ts";
import type { Roster } from "./packed/roster.ts";

/** What is published now: accounts once something was published, bare addresses before that, when a baselineRef names them. */
export type Baseline =
  | { readonly kind: "none" }
  | { readonly kind: "accounts"; readonly accounts: Roster; readonly names: DomainNames }
  | {
      readonly kind: "addresses";
      readonly addresses: readonly string[];
      /** How many more a file names that are of other domains. */
      readonly ignored?: number;
      /** How many a gateway accepted when they were published, where that is known. */
      readonly published?: number | undefined;
    }
  /** Something was published, but its accounts are damaged or gone, and its tables too: only a number is left. */
  | { readonly kind: "numbers"; readonly published: number };
