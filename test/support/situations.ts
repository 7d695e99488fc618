/** Situations of an object for tests of `decide`, and its decisions in a few words. */

import type { MailDomain, O365Sync, O365SyncStatus } from "../../src/api/types.generated.ts";
import { Failure } from "../../src/base/failure.ts";
import { accountsHash } from "../../src/sync/decide/fingerprint.ts";
import type { Decision, Situation } from "../../src/sync/decide/situation.ts";
import { syncSpec } from "./memory-operator.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** A Thursday, at noon. The slots below are at 06:00 and 18:00. */
export const NOON = Date.UTC(2026, 0, 1, 12);
export const at = (ms: number): string => new Date(ms).toISOString();
export const MORNING = at(NOON - 6 * HOUR);
export const EVENING = at(NOON + 6 * HOUR);
export const DIGEST = "0123456789abcdef0123";

export const DOMAIN: MailDomain = {
  metadata: { namespace: "mail", name: "example-com" },
  spec: { domain: "example.com", serverType: "Office365", deliveryPort: 25, deletionPolicy: "Orphan" },
};
/** Nothing is known but the object and the time. */
export const NO_FACTS = {
  domain: undefined,
  obstacle: undefined,
  published: undefined,
  predecessor: undefined,
  accountsDamaged: false,
  missingTables: [],
  brokenStale: [],
  consentUrl: undefined,
  access: undefined,
  authorized: undefined,
  failure: undefined,
};

export const OBSTACLE = new Failure("wait", "DependencyNotReady", "the Secret is missing");

export interface Row {
  readonly spec?: Partial<O365Sync["spec"]>;
  readonly status?: Partial<O365SyncStatus>;
  readonly annotations?: Record<string, string>;
  readonly now?: number;
  readonly situation?: Partial<Situation>;
}

export const SCHEDULE = { enabled: true, times: ["06:00", "18:00"], timeZone: "UTC", startingDeadlineSeconds: 7200 };
export const OFF = { schedule: { ...SCHEDULE, enabled: false } };

/** An object whose automatic sync is on, that ran its morning slot, and that nothing is due for. */
export function situationOf({ spec = {}, status = {}, annotations = {}, now = NOON, situation = {} }: Row): Situation {
  const base: O365Sync = {
    metadata: {
      namespace: "mail",
      name: "example-com",
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([name, value]) => [`o365sync.dev/${name}`, value]),
      ),
    },
    spec: syncSpec("example-com", { schedule: SCHEDULE, ...spec }),
  };
  const settled = { ...base, spec: syncSpec("example-com", { schedule: SCHEDULE }) };
  const slots = base.spec.schedule.enabled && !base.spec.suspend ? base.spec.schedule.times : [];
  base.status = {
    accountsHash: accountsHash(settled, DOMAIN),
    lastSuccessfulTime: MORNING,
    lastSync: {
      id: `slot-${MORNING}`,
      trigger: "Schedule",
      slotTime: MORNING,
      startTime: MORNING,
      completionTime: MORNING,
      attempts: 1,
      result: "Published",
    },
    schedule: {
      times: [...(slots ?? [])],
      timeZone: "UTC",
      since: at(NOON - 48 * HOUR),
      lastSlotTime: MORNING,
      missedSlots: 0,
    },
    ...status,
  };
  return {
    object: base,
    domain: DOMAIN,
    obstacle: undefined,
    tablesObstacle: undefined,
    now,
    accountsDamaged: false,
    misowned: false,
    tablesDiffer: false,
    lastRender: undefined,
    lastCheck: undefined,
    manualRuns: [],
    manualRunsPerHour: 60,
    retiringUntil: undefined,
    secretChanged: false,
    checkAsked: false,
    handledBefore: {},
    pollAt: undefined,
    resumeAt: undefined,
    credentialEnd: undefined,
    ...situation,
  };
}

/** A decision in a few words. */
export function brief(decision: Decision): string {
  switch (decision.do) {
    case "wait":
      return decision.until === undefined ? "wait for a change" : `wait until ${at(decision.until)}`;
    case "answer":
      return decision.answers.map(({ request, state, reason }) => `${request.kind} ${state}/${reason}`).join(", ");
    case "adopt":
      return `adopt ${decision.slots.times.join("+") || "nothing"}`;
    case "miss":
      return `miss ${decision.count} up to ${at(decision.latest)}`;
    case "abandon":
      return `abandon ${decision.run.id}: ${decision.reason}`;
    case "run": {
      const { trigger, request, slotTime, attempts } = decision.run;
      const what = [trigger, request, slotTime, attempts > 1 ? `attempt ${attempts}` : undefined];
      return `run ${what.filter((part) => part !== undefined).join(" ")}`;
    }
    case "notify":
      return `notify ${decision.owed.id}`;
    case "recall":
      return `recall ${decision.requests.map(({ kind, token }) => `${kind} ${token}`).join(", ")}`;
    case "poll":
    case "cure":
    case "recheck":
    case "relabel":
    case "render":
      return decision.do;
  }
}

export const RETRY = {
  id: `slot-${MORNING}`,
  trigger: "Schedule",
  slotTime: MORNING,
  attempts: 1,
  time: at(NOON + 5 * MINUTE),
} as const;
export const FAILED = {
  id: `slot-${MORNING}`,
  trigger: "Schedule",
  slotTime: MORNING,
  startTime: MORNING,
  attempts: 1,
  result: "Failed",
} as const;
export const HELD = { planDigest: DIGEST, reason: "DeletionGuard", since: MORNING, approvable: true, violations: [] };
export const RUNNING = {
  id: `slot-${MORNING}`,
  trigger: "Schedule",
  slotTime: MORNING,
  startTime: MORNING,
  attempts: 1,
} as const;
export const REFUSED = [
  { type: "Authorized", status: "False", reason: "NotAuthorized", message: "", lastTransitionTime: MORNING },
] as const;
export const STALLED = [
  { type: "Stalled", status: "True", reason: "InvalidCredentials", message: "", lastTransitionTime: MORNING },
] as const;
const NEW = {
  lastSync: undefined,
  lastSuccessfulTime: undefined,
  accountsHash: undefined,
} as unknown as Partial<O365SyncStatus>;
export const NEVER = {
  ...NEW,
  schedule: { times: ["06:00", "18:00"], timeZone: "UTC", since: at(NOON), missedSlots: 0 },
};
export const NEVER_OFF = { ...NEW, schedule: { times: [], missedSlots: 0 } };
