/** The control plane of the demo and the tests: a real one where its binaries are, else the embedded one. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startRealControlPlane } from "./real.ts";
import type { ControlPlane } from "./types.ts";

export { applyCrds } from "./crds.ts";
export type { ControlPlane } from "./types.ts";

export interface StartOptions {
  /** Of the API server. Default: a free one. */
  readonly port?: number;
}

interface Embedded {
  readonly startEmbedded: (options?: StartOptions) => Promise<ControlPlane>;
}

const EMBEDDED = new URL("../apiserver/index.ts", import.meta.url);

/**
 * $KUBEBUILDER_ASSETS, as `setup-envtest` prints it, names the folder with etcd and kube-apiserver.
 * Prints nothing: the caller says which kind it got.
 */
export async function startControlPlane(options: StartOptions = {}): Promise<ControlPlane> {
  const assets = process.env["KUBEBUILDER_ASSETS"];
  if (assets) return startRealControlPlane({ assets, ...options });
  // Loaded only when it is needed: it brings its own schema and CEL engine.
  if (!existsSync(fileURLToPath(EMBEDDED))) {
    throw new Error("no control plane: set KUBEBUILDER_ASSETS to the folder with etcd and kube-apiserver");
  }
  const { startEmbedded } = (await import(EMBEDDED.href)) as Embedded;
  return startEmbedded(options);
}
