/** What an administrator is told who comes back from granting consent. Pure. */

import type { O365Sync } from "../api/types.generated.ts";
import { MINUTE_MS } from "../base/time.ts";
import { findCondition } from "../runtime/condition-list.ts";

export type ConsentVerdict =
  /** The object's own look at a fresh token says so. */
  | { readonly kind: "granted"; readonly object: O365Sync }
  /** Entra sent them back with an error; `code` is one that we know by its looks. */
  | { readonly kind: "refused"; readonly object: O365Sync | undefined; readonly code: string | undefined }
  /** It may take a while until a token shows it: look again by itself. */
  | { readonly kind: "waiting"; readonly object: O365Sync; readonly missing: string }
  /** It took too long to go on waiting here. */
  | { readonly kind: "notYet"; readonly object: O365Sync; readonly missing: string }
  /** The link names nothing that is there now. */
  | { readonly kind: "expired" };

/** What the URL says counts for nothing but an error: `admin_consent=True` comes with errors too. */
export function refusalIn(query: URLSearchParams): { readonly code: string | undefined } | undefined {
  const error = query.get("error");
  if (error === null) return undefined;
  const [number] = /\bAADSTS\d{1,10}\b/.exec(query.get("error_description") ?? "") ?? [];
  return { code: number ?? (/^[a-z_]{1,40}$/.test(error) ? error : undefined) };
}

export function verdictOn(object: O365Sync, waitedMs: number): ConsentVerdict {
  const authorized = findCondition(object.status?.conditions ?? [], "Authorized");
  if (authorized?.status === "True") return { kind: "granted", object };
  const missing = authorized?.message ?? "nobody has looked yet";
  return { kind: waitedMs < PATIENCE_MS ? "waiting" : "notYet", object, missing };
}

/** How long the page looks again by itself. */
const PATIENCE_MS = 3 * MINUTE_MS;
