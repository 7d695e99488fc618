/** What stands in a Lease, and whether it may be taken: pure, and blind to the times that others wrote into it. */
import type { Lease } from "./kube.ts";
import { microTime } from "./micro-time.ts";

type LeaseSpec = NonNullable<Lease["spec"]>;

/** Differs whenever its holder renewed. */
export function leaseFingerprint({ spec }: Lease): string {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec ?? {};
  return JSON.stringify([holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions]);
}

/** The spec to write in order to hold the lease from `now` on; `old` is what stands there. */
export function heldSpec(old: LeaseSpec | undefined, identity: string, leaseMs: number, now: number): LeaseSpec {
  const isRenewal = old?.holderIdentity === identity;
  const transitions = old?.leaseTransitions ?? 0;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseMs / 1000),
    acquireTime: (isRenewal && old?.acquireTime) || microTime(now),
    renewTime: microTime(now),
    leaseTransitions: old === undefined || isRenewal ? transitions : transitions + 1,
  };
}

/** The spec of a lease that anybody may take at once. */
export function releasedSpec(old: LeaseSpec, now: number): LeaseSpec {
  return {
    holderIdentity: "",
    leaseDurationSeconds: 1,
    acquireTime: microTime(now),
    renewTime: microTime(now),
    leaseTransitions: old.leaseTransitions ?? 0,
  };
}
