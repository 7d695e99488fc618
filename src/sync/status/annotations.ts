/** What annotations ask for that nobody serves: a name that is none of ours, a value that is empty. Pure. */
import { GROUP } from "../../api/group.ts";
import type { O365Sync } from "../../api/types.generated.ts";
import { someOf } from "../../base/words.ts";
import { REQUEST_TYPES } from "../decide/requests.ts";

const KNOWN = REQUEST_TYPES.map(({ annotation }) => annotation);

/** One sentence for each kind of slip. Names are bounded and have no address in them: the API server sees to that. */
export function annotationNotes({ metadata: { annotations = {} } }: O365Sync): string[] {
  const ours = Object.entries(annotations).filter(([name]) => name.startsWith(`${GROUP}/`));
  const unknown = ours.flatMap(([name]) => (KNOWN.includes(name) ? [] : [name])).sort();
  const empty = ours.flatMap(([name, value]) => (KNOWN.includes(name) && value === "" ? [name] : [])).sort();
  return [
    ...(unknown.length === 0
      ? []
      : [`nobody knows the annotation ${someOf(unknown)}; what can be asked for: ${KNOWN.join(", ")}`]),
    ...(empty.length === 0 ? [] : [`the annotation ${someOf(empty)} is empty and asks for nothing; give it a value`]),
  ];
}
