/** One control plane with the CRDs for the whole run; tests reach it through `useControlPlane`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { applyCrds, startControlPlane } from "../../dev/controlplane/index.ts";
import type { ControlPlaneAccess } from "../../dev/types.ts";
import { grantOperatorRights } from "./rights.ts";

/** What tests get: plain data, because each test file runs in a process of its own. */
export interface ProvidedControlPlane extends ControlPlaneAccess {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Path of the kubeconfig of the user `o365-sync-operator`, who has the chart's rights and no others. */
  readonly operatorKubeconfig: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    controlPlane: ProvidedControlPlane;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const controlPlane = await startControlPlane();
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-test-"));
  const teardown = async (): Promise<void> => {
    await controlPlane.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { writeKubeconfig } = controlPlane;
    const access = accessOf(controlPlane);
    const kubeconfig = join(folder, "admin.kubeconfig");
    const operatorKubeconfig = join(folder, "operator.kubeconfig");
    await writeKubeconfig(kubeconfig, "admin");
    await writeKubeconfig(operatorKubeconfig, "operator");
    await applyCrds(controlPlane);
    await grantOperatorRights(controlPlane);
    console.log(`control plane: ${access.kind}, ${access.version}`);
    project.provide("controlPlane", { ...access, kubeconfig, operatorKubeconfig });
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

function accessOf(controlPlane: ControlPlaneAccess): ControlPlaneAccess {
  const { kind, version, server, ca, adminToken, operatorToken, kubectl, assets } = controlPlane;
  return {
    kind,
    version,
    server,
    adminToken,
    operatorToken,
    ...(ca !== undefined && { ca }),
    ...(kubectl !== undefined && { kubectl }),
    ...(assets !== undefined && { assets }),
  };
}
