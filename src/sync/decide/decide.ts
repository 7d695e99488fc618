/** What to do now, as a checklist over the object, its domain and the time. Pure. */

import { noticeCredentialEnd } from "../access/expiry.ts";
import { noticeCure } from "./cures.ts";
import { pollAdditions } from "./poll-additions.ts";
import {
  awaitObstacle,
  followSchedule,
  recheck,
  relabel,
  removeRetired,
  render,
  repair,
  resume,
  retry,
  runFirst,
  runOnChange,
  sendMail,
} from "./rules.ts";
import { recallHandled, serveRequests } from "./serve-requests.ts";
import type { Decision, Rule, Situation } from "./situation.ts";

/** In this order: the first rule that has something to do now decides. */
const CHECKLIST: readonly Rule[] = [
  // What was begun is ended before anything else is.
  resume,
  sendMail,
  // What a person asks for goes before what the clock asks for.
  recallHandled,
  serveRequests,
  // Before anything is run: a cure may be why.
  noticeCure,
  followSchedule,
  // Tables are put right without the tenant, also where nothing else may run.
  relabel,
  render,
  // What automatic sync does by itself.
  runFirst,
  runOnChange,
  repair,
  retry,
  recheck,
  // Between syncs, when there is nothing that a sync is needed for.
  pollAdditions,
  // What does nothing now and tells when something is to be done.
  removeRetired,
  awaitObstacle,
  noticeCredentialEnd,
];

/** Where no rule has anything to do, the earliest instant that one of them names is waited for. */
export function decide(situation: Situation): Decision {
  let until: number | undefined;
  for (const rule of CHECKLIST) {
    const answer = rule(situation);
    if (typeof answer === "object") return answer;
    if (answer !== undefined && answer > situation.now) until = Math.min(until ?? answer, answer);
  }
  return { do: "wait", until };
}
