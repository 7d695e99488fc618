/** One contender's view of a Lease: when it may take it, and how it writes without overwriting another. */
import type { Clock } from "../base/deps.ts";
import { LEASE, type Lease } from "./kube.ts";
import { heldSpec, leaseFingerprint, releasedSpec } from "./lease.ts";
import { isOlderVersion, type Rewind } from "./rewind.ts";
import { ApiError, type Client } from "./types.ts";

export interface LeaseLockOptions {
  readonly client: Pick<Client, "get" | "create" | "replace">;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Told when the Lease is older than it was: no other object is looked at so often. */
  readonly rewind?: Pick<Rewind, "tell"> | undefined;
}

export interface LeaseLock {
  /** Takes or renews the lease; false while it is another's. Rejects when the server did not let us find out. */
  hold(signal: AbortSignal): Promise<boolean>;
  /** Lets anybody take the lease at once, if it is ours. */
  release(signal: AbortSignal): Promise<void>;
  /** Whether the lease was ours when last seen. */
  readonly isOurs: boolean;
  /** Drops its timer. */
  close(): void;
}

export function createLeaseLock(options: LeaseLockOptions): LeaseLock {
  const { client, namespace, name, identity, leaseMs, clock, rewind } = options;
  const key = { namespace, name };
  /** As last read or written. */
  let observed: Lease | undefined;
  /** By our own timer, from when we saw the lease change: what clocks say, ours or theirs, never matters. */
  let isExpired = true;
  let cancelExpiry = (): void => {};

  const isOurs = (): boolean => observed?.spec?.holderIdentity === identity;

  function observe(lease: Lease): void {
    if (isOlderVersion(lease.metadata.resourceVersion, observed?.metadata.resourceVersion)) rewind?.tell();
    const isNews = !observed || leaseFingerprint(observed) !== leaseFingerprint(lease);
    observed = lease;
    if (!isNews) return;
    cancelExpiry();
    isExpired = false;
    const promisedMs = (lease.spec?.leaseDurationSeconds ?? leaseMs / 1000) * 1000;
    cancelExpiry = clock.setTimeout(() => {
      isExpired = true;
    }, promisedMs);
  }

  async function read(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return await client.get(LEASE, key, { signal });
    } catch (error) {
      if (error instanceof ApiError && error.notFound) return undefined;
      throw error;
    }
  }

  /** Writes over exactly what was read: the server refuses when somebody wrote in between. */
  async function write(old: Lease | undefined, signal: AbortSignal): Promise<void> {
    const spec = heldSpec(old?.spec, identity, leaseMs, clock.now());
    const lease = old
      ? await client.replace(LEASE, { ...old, spec }, { signal })
      : await client.create(
          LEASE,
          { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: key, spec },
          { signal },
        );
    observe(lease);
  }

  /** A renewal needs no read, as long as nobody else wrote. */
  async function renewUnread(signal: AbortSignal): Promise<boolean> {
    try {
      await write(observed, signal);
      return true;
    } catch (error) {
      if (error instanceof ApiError && (error.conflict || error.notFound)) return false;
      throw error;
    }
  }

  return {
    get isOurs() {
      return isOurs();
    },
    async hold(signal) {
      if (isOurs() && (await renewUnread(signal))) return true;
      const lease = await read(signal);
      if (lease) observe(lease);
      if (lease?.spec?.holderIdentity && !isOurs() && !isExpired) return false;
      await write(lease, signal);
      return true;
    },
    async release(signal) {
      const lease = await read(signal);
      if (lease?.spec?.holderIdentity !== identity) return;
      await client.replace(LEASE, { ...lease, spec: releasedSpec(lease.spec, clock.now()) }, { signal });
    },
    close: () => cancelExpiry(),
  };
}
