/** Turns what went wrong with a request into an ApiError that may be shown: short, without values that people typed. */
import { publicWords } from "../base/words.ts";
import type { Status, StatusCause } from "./kube.ts";
import { ApiError } from "./types.ts";

const LONGEST_MESSAGE = 300;
const MOST_CAUSES = 8;
/** A server that asks for more is asked again by then: a proxy's slip of the pen must not make the operator deaf for days. */
const LONGEST_RETRY_AFTER_MS = 300_000;

/** From an error answer. `what` names the request, e.g. `PATCH configmaps/mail/a`; `text` is the body, of which only a metav1.Status is used. */
export function answerError(what: string, code: number, text: string, retryAfter: string | undefined): ApiError {
  return statusError(what, parseStatus(text), code, retryAfter);
}

/** From a metav1.Status, as in the ERROR event of a watch. */
export function statusError(
  what: string,
  status: Status | undefined,
  code: number = status?.code ?? 500,
  retryAfter?: string,
): ApiError {
  const body = status && publicStatus(status);
  const reason = body?.reason || "Unknown";
  const message = [`${what}: ${code} ${reason}`, body?.message].filter(Boolean).join(": ");
  return new ApiError(message, code, reason, body, retryAfterMs(retryAfter, status));
}

/** What the header asks for, else the body; undefined where that is no number of seconds. */
function retryAfterMs(header: string | undefined, status: Status | undefined): number | undefined {
  const seconds: unknown = /^\d+$/.test(header ?? "") ? Number(header) : status?.details?.retryAfterSeconds;
  if (typeof seconds !== "number" || !(seconds >= 0)) return undefined;
  return Math.min(seconds * 1000, LONGEST_RETRY_AFTER_MS);
}

/** From a request that got no answer; `reason` is Timeout, the system's error code, or Unknown. */
export function connectionError(what: string, error: unknown): ApiError {
  const timedOut = error instanceof DOMException && error.name === "TimeoutError";
  const reason = timedOut ? "Timeout" : errorCode(error);
  const cause = error instanceof Error ? { cause: error } : {};
  return new ApiError(
    `${what}: no answer: ${timedOut ? error.message : reason}`,
    0,
    reason,
    undefined,
    undefined,
    cause,
  );
}

/** From credentials that cannot be had. The cause is left out: a credential plugin's error is its output. */
export function credentialsError(what: string, error: unknown): ApiError {
  return new ApiError(`${what}: cannot read the credentials for the API server: ${errorCode(error)}`, 0, "Credentials");
}

function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "Unknown";
}

function parseStatus(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return (value as Status | null)?.kind === "Status" ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}

/** The server's own words, without the values that it refuses: those may be anything, also an address. */
function publicStatus(status: Status): Status {
  const { details } = status;
  const causes = details?.causes?.slice(0, MOST_CAUSES).map(publicCause);
  const isList = status.reason === "Invalid" && causes !== undefined && causes.length > 0;
  const named = [details?.kind, details?.name].filter(Boolean).join(" ");
  const message = isList
    ? `${named === "" ? "" : `${named}: `}${causes.map(describeCause).join(", ")}`
    : (status.message ?? "");
  return {
    ...status,
    message: publicWords(message, LONGEST_MESSAGE),
    ...(details && { details: { ...details, ...(causes && { causes }) } }),
  };
}

function publicCause({ field, reason, message = "" }: StatusCause): StatusCause {
  return {
    ...(field === undefined ? {} : { field: publicWords(field, LONGEST_MESSAGE) }),
    ...(reason === undefined ? {} : { reason: publicWords(reason, LONGEST_MESSAGE) }),
    message: publicWords(message.slice(0, LONGEST_READ).replace(REFUSED_VALUE, "$1"), LONGEST_MESSAGE),
  };
}

/** What admission policies say has no field, and what is wrong with a field has one. */
function describeCause({ field = "", reason = "", message = "" }: StatusCause): string {
  if (field === "") return message || reason;
  return `${field}: ${message || reason}`;
}

/** Of a message that repeats a value of any size. */
const LONGEST_READ = 1024 * 1024;
/** `Invalid value: "x": must be …`, as Go's field errors are written: text is quoted, objects are JSON. */
const REFUSED_VALUE = /^([A-Z][a-z]* value): (?:"(?:[^"\\]|\\.)*(?:"|$)|\{.*\}|\[.*\])/s;
