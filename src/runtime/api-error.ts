/** Turns what went wrong with a request into an ApiError that may be shown: short, without values that people typed. */
import type { Status } from "./kube.ts";
import { ApiError } from "./types.ts";

const LONGEST_MESSAGE = 300;

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
  const seconds = /^\d+$/.test(retryAfter ?? "") ? Number(retryAfter) : status?.details?.retryAfterSeconds;
  const body = status && publicStatus(status);
  const reason = body?.reason || "Unknown";
  const message = [`${what}: ${code} ${reason}`, body?.message].filter(Boolean).join(": ");
  return new ApiError(message, code, reason, body, seconds === undefined ? undefined : seconds * 1000);
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

/** An Invalid answer quotes the refused values, and any message may: fields stay, values and addresses go. */
function publicStatus(status: Status): Status {
  const causes = status.details?.causes?.map(({ field = "", reason = "" }) => ({ field, reason }));
  const message =
    status.reason === "Invalid" || status.code === 422
      ? (causes ?? []).map(({ field, reason }) => `${field} (${reason})`).join(", ")
      : (status.message ?? "");
  return {
    ...status,
    message: shorten(message.replaceAll(/[^\s"'<>(),;]*@[^\s"'<>(),;]*/g, "…")),
    ...(status.details && { details: { ...status.details, ...(causes && { causes }) } }),
  };
}

function shorten(text: string): string {
  return text.length <= LONGEST_MESSAGE ? text : `${text.slice(0, LONGEST_MESSAGE - 1)}…`;
}
