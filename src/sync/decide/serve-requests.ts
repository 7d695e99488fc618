/** What people ask for by annotation: it is refused, started, or told to wait. Pure. */

import { HOUR_MS, iso } from "../../base/time.ts";
import type { Cause, RequestKind } from "../../publication/run-records.ts";
import { type PendingRequest, pendingRequests, requestType } from "./requests.ts";
import type { Answer, Decision, Situation } from "./situation.ts";

/**
 * Open requests, in their order. Those that cannot be served are answered all at once; the first of the others runs, one
 * run each. Beyond the hour's budget a request is told so once, and is asked for again when the budget frees. An approval
 * whose run failed waits for its retry.
 */
export function serveRequests(situation: Situation): Decision | number | undefined {
  const pending = pendingRequests(situation.object);
  if (pending.length === 0) return undefined;
  const waiting = new Map(pending.map((request) => [request, obstructed(request, situation)]));
  const answers = pending.flatMap((request) => refusal(request, situation) ?? news(waiting.get(request), situation));
  if (answers.length > 0) return { do: "answer", answers };
  const frees = budgetFrees(situation);
  const request = pending.find((each) => waiting.get(each) === undefined && !awaitsRetry(situation, each));
  if (request === undefined) return frees;
  if (frees === undefined) return startRequest(request, situation);
  const state = situation.object.status?.requests?.[request.kind];
  if (state?.token === request.token && state.state === "Accepted") return frees;
  const message = `more than ${situation.manualRunsPerHour} runs were asked for within an hour; it runs as soon as the hour allows`;
  return { do: "answer", answers: [{ request, state: "Accepted", reason: "RateLimited", message }] };
}

/** Where a backup came back without its status, annotations ask nothing that was handled before it was made. */
export function recallHandled({ object, handledBefore }: Situation): Decision | undefined {
  const requests = pendingRequests(object).filter(
    ({ kind, token }) =>
      object.status?.[requestType(kind).handled] === undefined && handledBefore[kind]?.includes(token) === true,
  );
  return requests.length === 0 ? undefined : { do: "recall", requests };
}

function refusal(request: PendingRequest, situation: Situation): Answer | undefined {
  const { object, obstacle } = situation;
  const reject = (reason: string, message: string): Answer => ({ request, state: "Rejected", reason, message });
  if (!request.valid)
    return reject("InvalidToken", "the annotation's value must match [A-Za-z0-9._:+-]{1,128}; use $(date +%s)");
  if (request.kind !== "approve" && object.spec.suspend)
    return reject("Suspended", "spec.suspend is true; set it to false and ask again");
  if (request.kind === "approve") {
    const { held } = object.status ?? {};
    if (held === undefined) return reject("UnknownPlan", "no plan is held; there is nothing to approve");
    if (held.planDigest !== request.token)
      return reject(
        "UnknownPlan",
        `the plan that is held has the digest ${held.planDigest}; look at it before you approve it`,
      );
    if (!held.approvable)
      return reject("NotApprovable", `a plan held for ${held.reason} cannot be approved; see the condition Held`);
  }
  if (request.kind === "approve") return undefined;
  // The token is spent: what is in the way may go by itself, and the question does not come back.
  const message = `${obstacle?.message}; then ask again, with a new value of the annotation`;
  return obstacle && { request, state: "Failed", reason: obstacle.reason, message };
}

/** An approval that meets an obstacle is not spent: it waits, and is served when the obstacle is gone. */
function obstructed(request: PendingRequest, { object, obstacle }: Situation): Answer | undefined {
  if (request.kind !== "approve") return undefined;
  const wait = (reason: string, message: string): Answer => ({ request, state: "Accepted", reason, message });
  if (object.spec.suspend) return wait("Suspended", "spec.suspend is true; the approval waits until it is false");
  return obstacle && wait(obstacle.reason, `${obstacle.message}; the approval waits until that is put right`);
}

/** What was told already is not told again. */
function news(answer: Answer | undefined, { object }: Situation): Answer[] {
  if (answer === undefined) return [];
  const told = object.status?.requests?.[answer.request.kind];
  const same = told?.token === answer.request.token && told.reason === answer.reason && told.message === answer.message;
  return same ? [] : [answer];
}

/** When the hour's budget of manual runs frees again; undefined while there is room. */
function budgetFrees({ manualRuns, manualRunsPerHour, now }: Situation): number | undefined {
  const recent = manualRuns.filter((start) => start > now - HOUR_MS).sort((a, b) => a - b);
  const blocking = recent.length - manualRunsPerHour;
  return blocking < 0 ? undefined : (recent[blocking] ?? now) + HOUR_MS;
}

function startRequest({ kind, token }: PendingRequest, { now }: Situation): Decision {
  const names: Record<RequestKind, string> = {
    sync: "manual",
    approve: "approval",
    testSync: "test-sync",
    testConnection: "test-connection",
  };
  const cause: Cause =
    kind === "approve" ? { trigger: "Approval", request: kind, token } : { trigger: "Manual", request: kind, token };
  const run = { ...cause, id: `${names[kind]}-${iso(now)}`, startTime: iso(now), attempts: 1 };
  return { do: "run", run };
}

function awaitsRetry({ object }: Situation, { kind, token }: PendingRequest): boolean {
  const { retry } = object.status ?? {};
  return kind === "approve" && retry?.trigger === "Approval" && retry.token === token;
}
