/** The one place that writes a status: as the difference to what stands, fenced by the resourceVersion it was made from. */
import { isDeepStrictEqual } from "node:util";
import type { KubeObject, ResourceType } from "./kube.ts";
import { difference } from "./merge-patch.ts";
import { ApiError, type Client } from "./types.ts";

type WithStatus = KubeObject & { readonly status?: object };
type StatusOf<T extends WithStatus> = NonNullable<T["status"]>;

export interface StatusWriter<T extends WithStatus> {
  /**
   * Answers the object as it stands afterwards; without a difference nothing is written. A change of anything but the
   * status in between does not disturb; a change of the status does: then somebody else leads, and Conflict is thrown.
   */
  write(object: T, status: StatusOf<T>, signal: AbortSignal): Promise<T>;
  /** The same, but refused (Conflict) when anything of the object changed in between. */
  writeExactly(object: T, status: StatusOf<T>, signal: AbortSignal): Promise<T>;
}

const ATTEMPTS = 5;

export function createStatusWriter<T extends WithStatus>(
  client: Pick<Client, "get" | "patch">,
  type: ResourceType<T>,
): StatusWriter<T> {
  async function writeExactly(object: T, status: StatusOf<T>, signal: AbortSignal): Promise<T> {
    const patch = difference(object.status ?? {}, status);
    if (patch === undefined) return object;
    const { namespace, name, resourceVersion } = object.metadata;
    const body = { metadata: { resourceVersion }, status: patch };
    try {
      return await client.patch(type, keyOf(namespace, name), body, { subresource: "status", signal });
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError) || !isUnanswered(error)) throw error;
      // It may have been written all the same, and what it says would then be told to nobody.
      const latest = await client.get(type, keyOf(namespace, name), { signal });
      const written =
        latest.metadata.uid === object.metadata.uid &&
        latest.metadata.generation === object.metadata.generation &&
        difference(latest.status ?? {}, status) === undefined;
      if (!written) throw error;
      return latest;
    }
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
          latest = await client.get(type, keyOf(namespace, name), { signal });
          const untouched =
            latest.metadata.uid === object.metadata.uid && isDeepStrictEqual(latest.status, object.status);
          if (!untouched) throw error;
        }
      }
    },
  };
}

/** No answer, or one of a server in trouble: whether it acted is unknown. */
const isUnanswered = ({ status }: ApiError): boolean => status === 0 || status >= 500;

const keyOf = (namespace: string | undefined, name: string) => ({ namespace: namespace ?? "", name });
