/** Writes a status as the difference to what stands, fenced by the resourceVersion it was made from. */
import { isDeepStrictEqual } from "node:util";
import { difference } from "../api/merge-patch.ts";
import { O365_SYNC } from "../api/resources.ts";
import type { O365Sync, O365SyncStatus } from "../api/types.generated.ts";
import { ApiError, type Client } from "../runtime/types.ts";

export interface StatusWriter {
  /**
   * Answers the object as it stands afterwards; without a difference nothing is written. A change of anything but the
   * status in between does not disturb; a change of the status does: then somebody else leads, and Conflict is thrown.
   */
  write(object: O365Sync, status: O365SyncStatus, signal: AbortSignal): Promise<O365Sync>;
  /** The same, but refused (Conflict) when anything of the object changed in between. */
  writeExactly(object: O365Sync, status: O365SyncStatus, signal: AbortSignal): Promise<O365Sync>;
}

const ATTEMPTS = 5;

export function createStatusWriter(client: Client): StatusWriter {
  async function writeExactly(object: O365Sync, status: O365SyncStatus, signal: AbortSignal): Promise<O365Sync> {
    const patch = difference(object.status ?? {}, status);
    if (patch === undefined) return object;
    const { namespace, name, resourceVersion } = object.metadata;
    const body = { metadata: { resourceVersion }, status: patch };
    return client.patch(O365_SYNC, keyOf(namespace, name), body, { subresource: "status", signal });
  }

  return {
    writeExactly,
    async write(object, status, signal) {
      let latest = object;
      for (let attempt = 1; ; attempt++) {
        try {
          return await writeExactly(latest, status, signal);
        } catch (error) {
          if (!(error instanceof ApiError && error.conflict) || attempt === ATTEMPTS) throw error;
          const { namespace, name } = object.metadata;
          latest = await client.get(O365_SYNC, keyOf(namespace, name), { signal });
          const untouched =
            latest.metadata.uid === object.metadata.uid && isDeepStrictEqual(latest.status, object.status);
          if (!untouched) throw error;
        }
      }
    },
  };
}

const keyOf = (namespace: string | undefined, name: string) => ({ namespace: namespace ?? "", name });
