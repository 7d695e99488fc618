/** `get` for what may not be there. */
import type { KubeObject, ObjectKey, ResourceType } from "./kube.ts";
import { ApiError, type CallOptions, type Client } from "./types.ts";

/** Undefined for NotFound; every other error is thrown. */
export async function find<T extends KubeObject>(
  client: Pick<Client, "get">,
  type: ResourceType<T>,
  key: ObjectKey,
  options?: CallOptions,
): Promise<T | undefined> {
  try {
    return await client.get(type, key, options);
  } catch (error) {
    if (error instanceof ApiError && error.notFound) return undefined;
    throw error;
  }
}
