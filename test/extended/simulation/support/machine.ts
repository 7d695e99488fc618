/** What a simulated operator runs on: a process that may die at any call, timers, a wall clock that may be set, and a tenant. */
import type { Clock } from "../../../../src/base/deps.ts";
import { Failure } from "../../../../src/base/failure.ts";
import type { Directory, DirectoryProvider } from "../../../../src/directory/types.ts";
import { NO_FEED } from "../../../support/no-feed.ts";

/** Time as a machine has it: timers count on, whatever somebody sets the clock to. */
export interface Time {
  readonly clock: Clock;
  /** Milliseconds since the start, never set back. */
  elapsed: number;
  /** What the wall clock is ahead. */
  offset: number;
}

export function createTime(start: number): Time {
  const time: Time = {
    elapsed: 0,
    offset: 0,
    clock: {
      now: () => start + time.elapsed + time.offset,
      monotonic: () => time.elapsed,
      setTimeout: () => () => {},
      sleep: () => Promise.resolve(),
    },
  };
  return time;
}

export interface SimulatedTenants {
  /** Each object's tenant is called as its domain. */
  readonly directories: DirectoryProvider;
  isDown: boolean;
}

/** How many users of a tenant never leave. */
export const STAFF = 5;

/** A few users each, of whom one or two come and go from day to day. */
export function createSimulatedTenants(elapsed: () => number): SimulatedTenants {
  const directoryOf = (domain: string): Directory => ({
    authorize: () => Promise.resolve({ roles: [], missing: [] }),
    verifiedDomains: () => Promise.resolve([domain]),
    async read({ onObject }) {
      if (tenants.isDown) throw new Failure("retry", "ServiceUnavailable", "listing users was refused (HTTP 503)");
      const shown = STAFF + (Math.floor(elapsed() / 86_400_000) % 3);
      for (let index = 0; index < shown; index++)
        onObject({ id: `id-${index}`, source: "users", mail: `user${index}@${domain}`, proxyAddresses: [] });
      return { users: shown, groups: 0, contacts: 0, requests: 1 };
    },
    sample: () => Promise.resolve({ users: 1, groups: 0, contacts: 0 }),
    feed: NO_FEED,
    findHolders: () => Promise.resolve({ held: new Set(), unanswered: new Set() }),
    confirm: (objects) => Promise.resolve(new Map(objects.map(({ id }) => [id, "gone" as const]))),
  });
  const tenants: SimulatedTenants = {
    isDown: false,
    directories: { connect: ({ tenantId }) => directoryOf(tenantId) },
  };
  return tenants;
}
