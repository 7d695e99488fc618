/** Requests that people make by annotation: which are open, and in which order they are served. Pure. */
import { createHash } from "node:crypto";
import {
  ANNOTATION_APPROVE,
  ANNOTATION_SYNC,
  ANNOTATION_TEST_CONNECTION,
  ANNOTATION_TEST_SYNC,
} from "../../api/group.ts";
import type { O365Sync, O365SyncStatus } from "../../api/types.generated.ts";
import type { RequestKind } from "../../publication/run-records.ts";
import type { ManagedField } from "../../runtime/kube.ts";

const TOKEN = /^[A-Za-z0-9._:+-]{1,128}$/;

export interface PendingRequest {
  readonly kind: RequestKind;
  /** What status records: the token, or the hash of a value that is none. */
  readonly token: string;
  readonly valid: boolean;
}

interface RequestType {
  readonly kind: RequestKind;
  readonly annotation: string;
  readonly handled: "handledSync" | "handledTestSync" | "handledTestConnection" | "handledApprove";
}

/** In the order in which several at once are served: looking before deciding before doing. */
export const REQUEST_TYPES: readonly RequestType[] = [
  { kind: "testConnection", annotation: ANNOTATION_TEST_CONNECTION, handled: "handledTestConnection" },
  { kind: "testSync", annotation: ANNOTATION_TEST_SYNC, handled: "handledTestSync" },
  { kind: "approve", annotation: ANNOTATION_APPROVE, handled: "handledApprove" },
  { kind: "sync", annotation: ANNOTATION_SYNC, handled: "handledSync" },
];

export function requestType(kind: RequestKind): RequestType {
  const found = REQUEST_TYPES.find((type) => type.kind === kind);
  if (found === undefined) throw new Error(`no request kind ${kind}`);
  return found;
}

/**
 * The requests whose value differs from the last one that reached a final state. An empty value is as absent, and
 * removing an annotation asks nothing.
 */
export function pendingRequests(object: O365Sync): PendingRequest[] {
  const annotations = object.metadata.annotations ?? {};
  const status: Partial<O365SyncStatus> = object.status ?? {};
  return REQUEST_TYPES.flatMap(({ kind, annotation, handled }) => {
    const value = annotations[annotation];
    if (value === undefined || value === "") return [];
    const valid = TOKEN.test(value);
    const token = valid ? value : hashOf(value);
    return token === status[handled] ? [] : [{ kind, token, valid }];
  });
}

/** A value that is no token is recorded by its hash: it may be anything, also a secret pasted by mistake. */
function hashOf(value: string): string {
  return `sha256:${createHash("sha256").update(value).digest("hex").slice(0, 16)}`;
}

/** Who last wrote the annotation, by the API server's managedFields. A field manager is a claim, not an identity. */
export function requestedBy(fields: readonly ManagedField[] | undefined, kind: RequestKind): string | undefined {
  const key = `f:${requestType(kind).annotation}`;
  const owner = (fields ?? []).find((field) => {
    const metadata = (field.fieldsV1?.["f:metadata"] ?? {}) as Record<string, Record<string, unknown> | undefined>;
    return metadata["f:annotations"]?.[key] !== undefined;
  });
  return owner?.manager;
}
