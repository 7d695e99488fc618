/** An API server of a test's own, whose faults it may order. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedControlPlane, startEmbedded } from "../../dev/apiserver/index.ts";
import { call } from "../../dev/controlplane/call.ts";
import { applyCrds } from "../../dev/controlplane/index.ts";
import type { ProvidedControlPlane } from "./global-setup.ts";

export interface OwnApiServer {
  readonly access: ProvidedControlPlane;
  readonly faults: EmbeddedControlPlane["faults"];
  compact(): void;
  backUp(): Promise<void>;
  /** Puts it back to the backup, as a restore of etcd does. */
  restore(): Promise<void>;
  applyCrds(): Promise<void>;
  stop(): Promise<void>;
}

export async function startOwnApiServer({ crds = true } = {}): Promise<OwnApiServer> {
  const server = await startEmbedded();
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-own-"));
  const kubeconfig = join(folder, "admin.kubeconfig");
  const operatorKubeconfig = join(folder, "operator.kubeconfig");
  await server.writeKubeconfig(kubeconfig, "admin");
  await server.writeKubeconfig(operatorKubeconfig, "operator");
  if (crds) await applyCrds(server);
  const { kind, version, server: url, ca, adminToken, operatorToken } = server;
  return {
    access: {
      kind,
      version,
      server: url,
      ...(ca !== undefined && { ca }),
      adminToken,
      operatorToken,
      kubeconfig,
      operatorKubeconfig,
    },
    faults: server.faults,
    compact: server.compact,
    backUp: server.backUp,
    async restore() {
      await server.restore();
      // Connections that it has closed are noticed by the time a new one answers.
      while ((await call(server, { method: "GET", path: "/readyz" }).catch(() => undefined))?.status !== 200);
    },
    applyCrds: () => applyCrds(server),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
