/** What the API server forbids is told where people look: in conditions, with the server's own words for what is missing. */
import { Failure } from "../../base/failure.ts";
import { ApiError } from "../../runtime/types.ts";

/** A Failure as it is, a refusal by the API server as one; undefined for everything else. */
export function asObstacle(error: unknown): Failure | undefined {
  return error instanceof Failure ? error : asForbidden(error);
}

/** Undefined for every other error. */
export function asForbidden(error: unknown): Failure | undefined {
  if (!(error instanceof ApiError) || error.status !== 403) return undefined;
  const causes = error.body?.details?.causes ?? [];
  if (causes.some(({ reason }) => reason === "NamespaceTerminating")) {
    const message = "the namespace is being deleted; nothing more is written into it";
    return new Failure("wait", "NamespaceTerminating", message, { cause: error });
  }
  const said = error.body?.message || error.reason;
  const message = `the API server forbids what the operator needs (${said}); bind the role that the chart brings to the operator's service account; nothing was saved`;
  return new Failure("stalled", "Forbidden", message, { cause: error });
}
