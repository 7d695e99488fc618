/** Why the API server refused a request, as far as its answer tells. Pure. */
import type { ApiError } from "./types.ts";

/**
 * - `Role`: a right is missing; `Quota`: a ResourceQuota; `Policy`, `Webhook`: admission denied it;
 * - `WebhookDown`: a webhook that must be asked does not answer;
 * - `Immutable`: the object was marked immutable; `TooLarge`: it is larger than the server takes;
 * - `Terminating`: its namespace is going; `Forbidden`, `Invalid`: for another reason, which the words tell.
 */
export type Refusal =
  | "Role"
  | "Quota"
  | "Policy"
  | "Webhook"
  | "WebhookDown"
  | "Immutable"
  | "TooLarge"
  | "Terminating"
  | "Forbidden"
  | "Invalid";

/** Undefined where nothing was refused: no answer, a conflict, trouble of the server's own, a moment's overload. */
export function refusalOf(error: ApiError): Refusal | undefined {
  const { status, body } = error;
  const causes = body?.details?.causes ?? [];
  const said = body?.message ?? error.message;
  const known = SAID.find(({ words }) => words.test(said));
  if (known !== undefined && status >= 400) return known.refusal;
  if (causes.some(({ reason }) => reason === "NamespaceTerminating")) return "Terminating";
  if (status === 413 || causes.some(({ reason }) => reason === "FieldValueTooLong")) return "TooLarge";
  if (status === 403) return "Forbidden";
  return REFUSING.includes(status) ? "Invalid" : undefined;
}

/**
 * The API server tells these apart by its words alone: a quota and a missing role are both `403 Forbidden` without a
 * cause. The sentences are written in k8s.io/apiserver and have been the same from 1.32 to 1.37.
 */
const SAID: readonly { readonly words: RegExp; readonly refusal: Refusal }[] = [
  { words: /\badmission webhook "[^"]*" denied the request/, refusal: "Webhook" },
  { words: /\bfailed calling webhook "/, refusal: "WebhookDown" },
  { words: /AdmissionPolicy '[^']*' with binding '/, refusal: "Policy" },
  { words: /\b(?:exceeded|failed|insufficient) quota\b|\bstatus unknown for quota\b/, refusal: "Quota" },
  { words: /\bfield is immutable when `immutable` is set/, refusal: "Immutable" },
  { words: /\bcannot [a-z]+ (?:resource|path)\b|\bcannot set blockOwnerDeletion\b/, refusal: "Role" },
  { words: /^etcdserver: request is too large|\brpc error: .*message larger than max\b/, refusal: "TooLarge" },
];

/** Of the 4xx those that the same request would get again: not 401, 404, 408, 409, 410 and 429. */
const REFUSING: readonly number[] = [
  400, 402, 405, 406, 411, 412, 414, 415, 417, 421, 422, 423, 424, 426, 428, 431, 451,
];
