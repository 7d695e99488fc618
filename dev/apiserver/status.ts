/** The errors of an API server: each a metav1.Status with the code, reason and text of the real one. */
import type { FieldError, Json, Kind } from "./types.ts";
import { qualified } from "./types.ts";

/** Thrown anywhere below the HTTP layer, which answers with it. */
export class StatusError extends Error {
  override readonly name = "StatusError";

  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: Json,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }

  get body(): Json {
    const { code, reason, message, details } = this;
    const base = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message };
    return { ...base, ...(reason && { reason }), ...(details && { details }), code };
  }
}

type Named = Pick<Kind, "group" | "plural">;

function aboutObject({ group, plural }: Named, name: string): Json {
  return { name, ...(group !== "" && { group }), kind: plural };
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

export function notFound(kind: Named, name: string): StatusError {
  const message = `${qualified(kind.plural, kind.group)} "${name}" not found`;
  return new StatusError(404, "NotFound", message, aboutObject(kind, name));
}

/** A resource, subresource or verb that is not there at all. */
export function unknownResource(): StatusError {
  return new StatusError(404, "NotFound", "the server could not find the requested resource", {});
}

export function methodNotAllowed(): StatusError {
  const message = "the server does not allow this method on the requested resource";
  return new StatusError(405, "MethodNotAllowed", message, {});
}

/** Custom kinds word it differently. */
export function notSupported({ group, plural }: Named, verb: string): StatusError {
  const message = `${verb} is not supported on resources of kind "${qualified(plural, group)}"`;
  return new StatusError(405, "MethodNotAllowed", message, { group, kind: plural });
}

export function alreadyExists(kind: Named, name: string): StatusError {
  const message = `${qualified(kind.plural, kind.group)} "${name}" already exists`;
  return new StatusError(409, "AlreadyExists", message, aboutObject(kind, name));
}

export function conflict(kind: Named, name: string, cause: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(kind.plural, kind.group)} "${name}": ${cause}`;
  return new StatusError(409, "Conflict", message, aboutObject(kind, name));
}

export const MODIFIED = "the object has been modified; please apply your changes to the latest version and try again";

export function forbidden(kind: Named, name: string, cause: string): StatusError {
  const message = `${qualified(kind.plural, kind.group)} "${name}" is forbidden: ${cause}`;
  return new StatusError(403, "Forbidden", message, aboutObject(kind, name));
}

export function unauthorized(): StatusError {
  return new StatusError(401, "Unauthorized", "Unauthorized");
}

/** `errors` in the order found; the message lists all, as kubectl prints nothing else. */
export function invalid(kind: Pick<Kind, "group" | "kind">, name: string, errors: readonly FieldError[]): StatusError {
  const texts = errors.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`));
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const causes = errors.map(({ type, message, field }) => ({ reason: type, message, field }));
  const about = {
    ...(name && { name }),
    ...(kind.group && { group: kind.group }),
    ...(kind.kind && { kind: kind.kind }),
  };
  const message = `${qualified(kind.kind, kind.group)} "${name}" is invalid: ${list}`;
  return new StatusError(422, "Invalid", message, { ...about, causes });
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return new StatusError(415, "UnsupportedMediaType", message);
}

export function notAcceptable(accepted: readonly string[]): StatusError {
  const message = `406: Not Acceptable\n\nAvailable representations: ${accepted.join(", ")}`;
  return new StatusError(406, "NotAcceptable", message, {});
}

export function tooLarge(limit: number): StatusError {
  return new StatusError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${limit}`);
}

/** A resource version or a continue token that is older than what is kept. */
export function expired(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

/** What this server does not do and a real one may: never silently wrong. */
export function notImplemented(what: string): StatusError {
  const message = `the embedded API server has no ${what}; set KUBEBUILDER_ASSETS to use a real one`;
  return new StatusError(501, "NotImplemented", message);
}

export function tooManyRequests(retryAfterSeconds: number): StatusError {
  const message = "too many requests, please try again later";
  return new StatusError(429, "TooManyRequests", message, { retryAfterSeconds }, retryAfterSeconds);
}
