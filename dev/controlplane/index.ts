/** The control plane of the demo and the tests: a real one where its binaries are, else the embedded one. */

import type { ControlPlane } from "../types.ts";
import { startRealControlPlane } from "./real.ts";

export type { ControlPlane } from "../types.ts";
export { applyCrds } from "./crds.ts";

export interface StartOptions {
  /** Of the API server. Default: a free one. */
  readonly port?: number;
}

/**
 * $KUBEBUILDER_ASSETS, as `setup-envtest` prints it, names the folder with etcd and kube-apiserver.
 * Prints nothing: the caller says which kind it got.
 */
export async function startControlPlane(options: StartOptions = {}): Promise<ControlPlane> {
  const assets = process.env["KUBEBUILDER_ASSETS"];
  if (assets) return startRealControlPlane({ assets, ...options });
  // Loaded only when it is needed: it brings its own schema and CEL engine.
  const { startEmbedded } = await import("../apiserver/index.ts");
  return startEmbedded(options);
}
