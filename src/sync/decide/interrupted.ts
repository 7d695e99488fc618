/** The run of an object that has begun and has no result: its process died, or is still at it. Pure. */

import type { O365Sync } from "../../api/types.generated.ts";
import { causeOf, type Run } from "../../publication/run-records.ts";

export function interruptedRun(object: O365Sync): Run | undefined {
  const { lastSync, requests } = object.status ?? {};
  if (lastSync !== undefined && lastSync.result === undefined) {
    const { id, startTime, attempts = 1 } = lastSync;
    return { ...causeOf(lastSync), id, startTime, attempts };
  }
  for (const kind of ["testConnection", "testSync"] as const) {
    const request = requests?.[kind];
    if (request?.state === "Running" && request.id !== undefined) {
      const { id, token, time } = request;
      return { id, trigger: "Manual", request: kind, token, startTime: time, attempts: 1 };
    }
  }
  return undefined;
}
