/** JSON calls to the control plane of this test run, as its administrator. */
import { inject } from "vitest";
import { type Answer, type Call, call } from "../../dev/controlplane/call.ts";

/** Resolves with whatever the server answers, errors included. */
export function request(method: Call["method"], path: string, body?: unknown, contentType?: string): Promise<Answer> {
  return call(inject("controlPlane"), { method, path, body, ...(contentType === undefined ? {} : { contentType }) });
}
