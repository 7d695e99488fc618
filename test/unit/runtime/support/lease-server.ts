/** An API server in memory that knows Leases only, with the rules of the real one; each client may lose its connection. */
import type { Lease, ResourceType } from "../../../../src/runtime/kube.ts";
import { ApiError, type Client } from "../../../../src/runtime/types.ts";

export type LeaseClient = Pick<Client, "get" | "create" | "replace"> & {
  /** `refuse`: calls fail; `hang`: they never end, whatever their signal says. */
  connection: "up" | "refuse" | "hang";
  readonly calls: string[];
};

export interface LeaseServer {
  readonly lease: Lease | undefined;
  connect(): LeaseClient;
  /** Somebody edits or deletes the lease by hand. */
  put(lease: Lease | undefined): void;
  /** Keeps what it has; `restore` puts that back, versions included. */
  backUp(): void;
  restore(): void;
}

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

export function createLeaseServer(): LeaseServer {
  let lease: Lease | undefined;
  let version = 0;
  let kept = { lease, version };

  function store(next: Lease): Lease {
    const { acquireTime, renewTime, leaseDurationSeconds } = next.spec ?? {};
    for (const time of [acquireTime, renewTime]) {
      if (time !== undefined && !MICRO_TIME.test(time)) throw new ApiError("not a MicroTime", 400, "BadRequest");
    }
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds < 1) throw new ApiError("duration", 422, "Invalid");
    lease = structuredClone({ ...next, metadata: { ...next.metadata, resourceVersion: String(++version) } });
    return structuredClone(lease);
  }

  function connect(): LeaseClient {
    const calls: string[] = [];
    const client = { connection: "up" as LeaseClient["connection"], calls };
    async function call(verb: string, act: () => Lease): Promise<Lease> {
      calls.push(verb);
      if (client.connection === "hang") await new Promise(() => {});
      if (client.connection === "refuse") throw new ApiError("no answer", 0, "ECONNREFUSED");
      return act();
    }
    const api = {
      get: () =>
        call("get", () => {
          if (!lease) throw new ApiError("not found", 404, "NotFound");
          return structuredClone(lease);
        }),
      create: (_: ResourceType<Lease>, object: Lease) =>
        call("create", () => {
          if (lease) throw new ApiError("already exists", 409, "AlreadyExists");
          return store(object);
        }),
      replace: (_: ResourceType<Lease>, object: Lease) =>
        call("replace", () => {
          if (!lease) throw new ApiError("not found", 404, "NotFound");
          if (object.metadata.resourceVersion !== lease.metadata.resourceVersion)
            throw new ApiError("conflict", 409, "Conflict");
          return store(object);
        }),
    };
    return Object.assign(client, api as unknown as Pick<Client, "get" | "create" | "replace">);
  }

  return {
    get lease() {
      return lease;
    },
    connect,
    backUp() {
      kept = { lease, version };
    },
    restore() {
      ({ lease, version } = kept);
    },
    put(next) {
      if (next) store(next);
      else lease = undefined;
    },
  };
}

/** A lease as a process with a wrong clock would write it. */
export function foreignLease(holder: string, renewTime: string, seconds = 15): Lease {
  const spec = {
    holderIdentity: holder,
    leaseDurationSeconds: seconds,
    acquireTime: renewTime,
    renewTime,
    leaseTransitions: 3,
  };
  return { metadata: { namespace: "mail", name: "leader" }, spec };
}
