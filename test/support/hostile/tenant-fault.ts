/** What a row of the tables of faults is: something goes wrong in the tenant, and what the operator makes of it. */
import type { Effect, Fault } from "../../../dev/tenant/faults.ts";
import type { Tenant } from "../../../dev/tenant/index.ts";

export interface TenantFault {
  /** Also the name of the golden file. */
  readonly name: string;
  /** Makes it go wrong; answers what puts it right again. */
  readonly arrange: (tenant: Tenant, clock: { now(): number }) => () => void;
  /** `done`: no harm, the run ends well. A failed or held run names its reason. */
  readonly outcome: "done" | { readonly failed: string; readonly stalled?: true } | { readonly held: string };
  /** What must be said: the cause, and what to do about it. */
  readonly says: readonly string[];
}

/** A fault of every such request, or as `more` says. */
export const always =
  (on: Fault["on"], effect: Effect, more: Partial<Fault> = {}): TenantFault["arrange"] =>
  (tenant) =>
    tenant.fault({ on, effect, ...more });

export const status = (code: number, retryAfter?: string, graphCode?: string): Effect => ({
  kind: "status",
  status: code,
  ...(retryAfter === undefined ? {} : { retryAfter }),
  ...(graphCode === undefined ? {} : { code: graphCode }),
});

export const edit = (change: (body: Record<string, unknown>) => unknown): Effect => ({ kind: "edit", edit: change });

/** An answer of Entra with one of its numbers, in its own shape. */
export const entra = (number: number, error: string, text: string, httpStatus = 400): Effect => ({
  kind: "answer",
  status: httpStatus,
  headers: { "Content-Type": "application/json; charset=utf-8" },
  body: JSON.stringify({
    error,
    error_description: `AADSTS${number}: ${text} Trace ID: 0d3c2b6e-4bb7-4a4f-9e0d-7a3a6b1f2200 Timestamp: 2026-01-01 00:00:00Z`,
    error_codes: [number],
    trace_id: "0d3c2b6e-4bb7-4a4f-9e0d-7a3a6b1f2200",
    correlation_id: "1d3c2b6e-4bb7-4a4f-9e0d-7a3a6b1f2200",
  }),
});

export const PAGE = {
  kind: "answer",
  status: 200,
  headers: { "Content-Type": "text/html; charset=utf-8" },
  body: "<!doctype html><html><title>Sign in to the network</title><body>Please accept the terms of use.</body></html>",
} as const;

/** Takes several things back as one. */
export const all =
  (undo: readonly (() => void)[]): (() => void) =>
  () => {
    for (const take of undo) take();
  };
