/** What the condition Authorized says. Pure. */
import type { O365Sync } from "../../api/types.generated.ts";
import type { Condition } from "../../runtime/kube.ts";
import { expiryNote } from "../access/expiry.ts";
import { AUTHORIZED } from "./messages.ts";

type Finding = Pick<Condition, "status" | "reason" | "message">;

const NO_CREDENTIAL: Finding = {
  status: "Unknown",
  reason: "NoCredential",
  message: "there is no credential to ask the tenant with; see the condition Ready",
};
const NOT_TRIED: Finding = {
  status: "Unknown",
  reason: "NotTried",
  message: "the credential is there again and was not tried yet",
};

/** By the last answer that the tenant gave, as long as what it was given for is there. `last`: what the status says. */
export function lastAuthorized(
  last: Finding | undefined,
  { authorized, access }: { readonly authorized: Finding | undefined; readonly access: object | undefined },
): Finding | undefined {
  if (authorized !== undefined) return authorized;
  if (last === undefined) return undefined;
  if (access === undefined) return NO_CREDENTIAL;
  return last.reason === NO_CREDENTIAL.reason ? NOT_TRIED : last;
}

/** What is True is said anew each time, with what there is to say of the certificate: until its last day it works. */
export function authorizedFinding(
  object: O365Sync,
  finding: Finding | undefined,
  expiry: number | undefined,
  now: number,
): Finding | undefined {
  if (finding?.status !== "True") return finding;
  const note = expiryNote(object, expiry, now);
  return { ...finding, message: note === undefined ? AUTHORIZED : `${AUTHORIZED}; note: ${note}` };
}
