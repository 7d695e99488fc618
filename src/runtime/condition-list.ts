/** metav1.Condition lists: find, set, remove. Pure: each call answers a new list. */
import type { Condition } from "./kube.ts";

/** What the CRDs (and metav1.Condition) allow, in characters. */
const LONGEST_MESSAGE = 32_768;

export function findCondition(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/**
 * Puts a condition in, replacing the one of its type. `lastTransitionTime` is `now` (milliseconds) when the status is new
 * and stays otherwise; a message that is too long is cut. Ready stands first, the others follow by type.
 */
export function setCondition(
  conditions: readonly Condition[],
  condition: Omit<Condition, "lastTransitionTime">,
  now: number,
): Condition[] {
  const before = findCondition(conditions, condition.type);
  const same = before?.status === condition.status;
  const lastTransitionTime = same ? before.lastTransitionTime : new Date(now).toISOString();
  const next = { ...condition, message: cut(condition.message), lastTransitionTime };
  return [...removeCondition(conditions, condition.type), next].sort(byType);
}

export function removeCondition(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((condition) => condition.type !== type);
}

function byType(a: Condition, b: Condition): number {
  if (a.type === "Ready") return -1;
  if (b.type === "Ready") return 1;
  return a.type < b.type ? -1 : 1;
}

/** Never between the halves of a surrogate pair: a lone one is not valid UTF-8. */
function cut(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  return `${message.slice(0, LONGEST_MESSAGE - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
