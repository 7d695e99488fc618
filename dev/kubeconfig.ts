/** A kubeconfig for one user of a control plane. */
import { writeFile } from "node:fs/promises";
import type { ControlPlaneAccess, User } from "./types.ts";

type Access = Pick<ControlPlaneAccess, "server" | "ca" | "adminToken" | "operatorToken">;

/** Writes the file readable by its owner alone: it holds a token. */
export async function writeKubeconfig(access: Access, path: string, user: User): Promise<void> {
  const { server, ca, adminToken, operatorToken } = access;
  const authority = ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "controlplane", cluster: { server, ...authority } }],
    users: [{ name: user, user: { token: user === "admin" ? adminToken : operatorToken } }],
    contexts: [{ name: user, context: { cluster: "controlplane", user, namespace: "default" } }],
    "current-context": user,
  };
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
}
