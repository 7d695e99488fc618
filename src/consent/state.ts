/** What a consent link carries, and the callback brings back: which object it is for, and for which tenant and app. Pure. */
import { createHash } from "node:crypto";
import type { O365Sync } from "../api/types.generated.ts";

/**
 * The uid is chance enough that nobody guesses it, and it names nobody. The rest ends the life of a link when the object
 * asks for another tenant or app. It proves nothing: whoever may read the object knows it.
 */
export function stateOf({ metadata, spec }: O365Sync, clientId: string): string {
  const asked = JSON.stringify([spec.cloud, spec.tenantId.toLowerCase(), clientId.toLowerCase()]);
  return `${metadata.uid ?? ""}.${createHash("sha256").update(asked).digest("hex").slice(0, 16)}`;
}

/** The object that a state names; undefined for one that is gone, changed, or never was. */
export function objectOf(
  state: string | null,
  objects: readonly O365Sync[],
  clientIdOf: (object: O365Sync) => string | undefined,
): O365Sync | undefined {
  const [uid = ""] = state?.split(".") ?? [];
  const object = uid === "" ? undefined : objects.find(({ metadata }) => metadata.uid === uid);
  const clientId = object && clientIdOf(object);
  return object !== undefined && clientId !== undefined && stateOf(object, clientId) === state ? object : undefined;
}
