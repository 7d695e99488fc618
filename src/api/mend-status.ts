/** Puts a status right that was written by somebody else, before anything is decided on it. */
import type { KubeObject } from "../runtime/kube.ts";
import type { StatusWriter } from "../runtime/status-writer.ts";
import type { ReconcileContext } from "../runtime/types.ts";
import type { Sound } from "./sound-status.ts";

/** Answers the object as it stands afterwards. What was dropped goes from the cluster too: a patch would join it with what comes next. */
export async function mendStatus<T extends KubeObject & { readonly status?: object }>(
  object: T,
  sound: Sound<T>,
  statuses: StatusWriter<T>,
  { log, signal }: Pick<ReconcileContext, "log" | "signal">,
): Promise<T> {
  const { damaged } = sound;
  if (damaged.length === 0) return object;
  log.warn({ fields: damaged }, "Fields of the status did not fit its schema, and are made anew");
  return statuses.writeExactly(object, sound.object.status ?? {}, signal);
}
