/** A control plane for the soak: the embedded one with its faults, or a real one where KUBEBUILDER_ASSETS names it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Faults } from "../../dev/apiserver/faults.ts";
import { applyCrds, startControlPlane } from "../../dev/controlplane/index.ts";
import { startOwnApiServer } from "../support/embedded.ts";
import type { ProvidedControlPlane } from "../support/global-setup.ts";
import { grantOperatorRights } from "../support/rights.ts";

export interface SoakControlPlane {
  readonly access: ProvidedControlPlane;
  /** Absent for a real one, which has its own moods. */
  readonly faults?: Faults;
  stop(): Promise<void>;
}

export async function startSoakControlPlane(): Promise<SoakControlPlane> {
  if (!process.env["KUBEBUILDER_ASSETS"]) return startOwnApiServer();
  const controlPlane = await startControlPlane();
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-soak-"));
  const kubeconfig = join(folder, "admin.kubeconfig");
  const operatorKubeconfig = join(folder, "operator.kubeconfig");
  await controlPlane.writeKubeconfig(kubeconfig, "admin");
  await controlPlane.writeKubeconfig(operatorKubeconfig, "operator");
  await applyCrds(controlPlane);
  await grantOperatorRights(controlPlane);
  return {
    access: { ...controlPlane, kubeconfig, operatorKubeconfig },
    async stop() {
      await controlPlane.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
