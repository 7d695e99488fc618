/** Everything that is broken on purpose. */
import type { Break } from "./break.ts";
import { gate } from "./gate-breaks.ts";
import { layouts, lost } from "./layout-breaks.ts";
import { names } from "./name-breaks.ts";
import { approvals, confirmations, guards } from "./plan-breaks.ts";
import { adoptions, caps, claims, fences, withdrawals } from "./route-breaks.ts";
import { publishing, reading } from "./tenant-breaks.ts";

export const BREAKS: readonly Break[] = [
  ...guards,
  ...confirmations,
  ...reading,
  ...publishing,
  ...approvals,
  ...claims,
  ...withdrawals,
  ...adoptions,
  ...fences,
  ...caps,
  ...gate,
  ...layouts,
  ...lost,
  ...names,
];
