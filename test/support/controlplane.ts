/** The control plane of this test run, and a fresh namespace for a test. */
import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { call } from "../../dev/controlplane/call.ts";
import type { ControlPlaneAccess } from "../../dev/types.ts";
import type { ProvidedControlPlane } from "./global-setup.ts";

export function useControlPlane(): ProvidedControlPlane {
  return inject("controlPlane");
}

/** Creates a namespace that no other test uses, and answers its name. */
export async function createNamespace(access: ControlPlaneAccess = useControlPlane()): Promise<string> {
  const name = `test-${randomUUID().slice(0, 13)}`;
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  const { status, body } = await call(access, { method: "POST", path: "/api/v1/namespaces", body: namespace });
  if (status !== 201) throw new Error(`namespace ${name}: HTTP ${status}: ${JSON.stringify(body)}`);
  return name;
}
