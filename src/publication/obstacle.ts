/** What the API server refuses, or does not answer, as a Failure: its own words, and the cure for their kind. Used by both controllers. */
import { Failure, type FailureKind } from "../base/failure.ts";
import { type Refusal, refusalOf } from "../runtime/refusal.ts";
import { ApiError } from "../runtime/types.ts";

/** A Failure as it is, a refusal by the API server as one; undefined for everything else. */
export function asObstacle(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  return error instanceof ApiError ? refused(error) : undefined;
}

/** Every error that may end a run or a reconcile, as a Failure; undefined: a fault of ours, which stays what it is. */
export function asFailure(error: unknown): Failure | undefined {
  const obstacle = asObstacle(error);
  if (obstacle !== undefined || !(error instanceof ApiError)) return obstacle;
  const reason = error.conflict || error.alreadyExists ? "Conflict" : "KubernetesAPI";
  return new Failure("retry", reason, describe(error), { cause: error });
}

interface Cure {
  readonly kind: FailureKind;
  /** Becomes a condition's reason. */
  readonly reason: string;
  /** What is in the way, before the server's words. */
  readonly cause: string;
  /** After them. */
  readonly cure: string;
}

const stalled = (reason: string, cause: string, cure: string): Cure => ({ kind: "stalled", reason, cause, cure });

const CURES: Readonly<Record<Refusal, Cure>> = {
  Role: stalled(
    "Forbidden",
    "the API server forbids what the operator needs",
    "bind the role that the chart brings to the operator's service account",
  ),
  Quota: stalled(
    "QuotaExceeded",
    "a ResourceQuota of the namespace leaves no room",
    "raise it, or delete what is not needed there",
  ),
  Policy: stalled(
    "AdmissionDenied",
    "an admission policy of the cluster refuses what the operator writes",
    "exempt the operator's service account from it, or correct the policy",
  ),
  Webhook: stalled(
    "AdmissionDenied",
    "an admission webhook of the cluster refuses what the operator writes",
    "exempt the operator's service account from it, or do what it asks for",
  ),
  WebhookDown: {
    kind: "retry",
    reason: "AdmissionUnavailable",
    cause: "an admission webhook of the cluster, which has to be asked, does not answer",
    cure: "mend the webhook, or exempt the operator's service account from it",
  },
  Immutable: stalled(
    "ConfigMapImmutable",
    "a ConfigMap of the operator was marked immutable",
    "delete that ConfigMap; the operator makes it again, and mounted files stay meanwhile",
  ),
  TooLarge: stalled(
    "ObjectTooLarge",
    "what is to be written is larger than the API server takes",
    "spread the tables over more ConfigMaps with spec.output.shards, or shorten spec.historyLimit",
  ),
  Terminating: {
    kind: "wait",
    reason: "NamespaceTerminating",
    cause: "the namespace is being deleted; nothing more is written into it",
    cure: "",
  },
  Forbidden: stalled(
    "Forbidden",
    "the API server forbids what the operator needs",
    "whoever runs the cluster can tell which rule that is",
  ),
  Invalid: stalled(
    "RequestRefused",
    "the API server refuses what the operator asks for",
    "check that CRDs and operator are of one version, and what admission of the cluster changes",
  ),
};

function refused(error: ApiError): Failure | undefined {
  const refusal = refusalOf(error);
  if (refusal === undefined) return undefined;
  const { kind, reason, cause, cure } = CURES[refusal];
  if (cure === "") return new Failure(kind, reason, cause, { cause: error });
  const said = error.body?.message || `${error.status} ${error.reason}`;
  return new Failure(kind, reason, `${cause} (${said}); ${cure}`, { cause: error });
}

/** Of an error that is no refusal: what was asked for and what came of it. */
function describe({ status, reason, body }: ApiError): string {
  if (status === 0) return `the API server could not be reached (${reason})`;
  const said = body?.message ? `: ${body.message}` : "";
  return `the API server answered ${status} ${reason}${said}`;
}
