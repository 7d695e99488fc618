/** Who was there first: the rule by which two objects that want the same thing are told apart. Pure. */
import type { ObjectMeta } from "../runtime/kube.ts";

/** Same second: by name. */
export function isOlder(a: ObjectMeta, b: ObjectMeta): boolean {
  const [made, other] = [a.creationTimestamp ?? "", b.creationTimestamp ?? ""];
  return made === other ? a.name < b.name : made < other;
}
