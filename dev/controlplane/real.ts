/** A real control plane on this machine: etcd and kube-apiserver, in about three seconds, without certificate tools. */
import { generateKeyPair, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { writeKubeconfig } from "../kubeconfig.ts";
import type { ControlPlane } from "../types.ts";
import { call } from "./call.ts";
import { createProcesses, type Processes } from "./processes.ts";

export interface RealOptions {
  /** The folder with etcd, kube-apiserver and, optionally, kubectl and kube-controller-manager. */
  readonly assets: string;
  /** Also collect garbage and delete namespaces, as a cluster does. Default false. */
  readonly controllerManager?: boolean;
  /** Of the API server. Default: a free one. */
  readonly port?: number;
}

export interface RealControlPlane extends ControlPlane {
  /** Keeps what etcd holds now. */
  readonly backUp: () => Promise<void>;
  /** Puts etcd back to where it was then; resolves when the API server, which was away meanwhile, is ready. */
  readonly restore: () => Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** Rejects when a binary is missing, ends at once, or the API server is not ready within a minute; then nothing is left behind. */
export async function startRealControlPlane(options: RealOptions): Promise<RealControlPlane> {
  requireBinary(options.assets, "etcd");
  requireBinary(options.assets, "kube-apiserver");
  if (options.controllerManager) requireBinary(options.assets, "kube-controller-manager");
  const processes = await createProcesses("o365-sync-controlplane");
  try {
    return await Promise.race([start(options, processes), processes.failed]);
  } catch (error) {
    await processes.stop();
    throw error;
  }
}

async function start(
  { assets, controllerManager, port }: RealOptions,
  processes: Processes,
): Promise<RealControlPlane> {
  const { folder } = processes;
  const [etcdPort, peerPort, freePort] = await freePorts();
  const etcd = `http://127.0.0.1:${etcdPort}`;
  const securePort = port ?? freePort;
  const tokens = { adminToken: randomUUID(), operatorToken: randomUUID() };

  const data = join(folder, "etcd");
  const startEtcd = () => processes.start(join(assets, "etcd"), etcdFlags(data, etcd, `http://127.0.0.1:${peerPort}`));
  const startApiServer = () =>
    processes.start(join(assets, "kube-apiserver"), apiServerFlags(folder, etcd, securePort));
  let killEtcd = startEtcd();
  await writeServerFiles(folder, tokens);
  let killApiServer = startApiServer();

  const access = { server: `https://127.0.0.1:${securePort}`, ca: await certificate(folder), ...tokens };
  await untilReady(access);
  const { body } = await call(access, { method: "GET", path: "/version" });

  if (controllerManager) {
    const kubeconfig = join(folder, "controller-manager.kubeconfig");
    await writeKubeconfig(access, kubeconfig, "admin");
    processes.start(join(assets, "kube-controller-manager"), controllerManagerFlags(kubeconfig));
  }
  const kubectl = join(assets, "kubectl");
  return {
    kind: "real",
    version: (body as { gitVersion: string }).gitVersion,
    ...access,
    assets,
    ...(existsSync(kubectl) ? { kubectl } : {}),
    writeKubeconfig: (path, user) => writeKubeconfig(access, path, user),
    async backUp() {
      await killEtcd();
      await cp(data, `${data}-backup`, { recursive: true });
      killEtcd = startEtcd();
      await untilReady(access);
    },
    async restore() {
      await killApiServer();
      await killEtcd();
      await rm(data, { recursive: true });
      await cp(`${data}-backup`, data, { recursive: true });
      killEtcd = startEtcd();
      killApiServer = startApiServer();
      await untilReady(access);
    },
    stop: () => processes.stop(),
  };
}

function requireBinary(assets: string, name: string): void {
  if (!existsSync(join(assets, name))) throw new Error(`KUBEBUILDER_ASSETS: there is no ${name} in ${assets}`);
}

function etcdFlags(folder: string, clients: string, peers: string): string[] {
  return [
    `--data-dir=${folder}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    "--unsafe-no-fsync",
  ];
}

function apiServerFlags(folder: string, etcd: string, port: number): string[] {
  return [
    `--etcd-servers=${etcd}`,
    `--secure-port=${port}`,
    "--bind-address=127.0.0.1",
    `--cert-dir=${join(folder, "certificates")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${join(folder, "service-account.key")}`,
    `--service-account-signing-key-file=${join(folder, "service-account.key")}`,
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.0.0.0/24",
    // Without the controller that makes them there are no service accounts to admit pods with.
    "--disable-admission-plugins=ServiceAccount",
    // As OpenShift does: who sets an ownerReference that blocks deletion needs a right for it.
    "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
  ];
}

function controllerManagerFlags(kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    "--leader-elect=false",
    "--controllers=garbagecollector,namespace",
    "--secure-port=0",
  ];
}

async function writeServerFiles(folder: string, tokens: { adminToken: string; operatorToken: string }): Promise<void> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  await writeFile(join(folder, "service-account.key"), privateKey, { mode: 0o600 });
  const users = `${tokens.adminToken},admin,admin,system:masters\n${tokens.operatorToken},o365-sync-operator,operator\n`;
  await writeFile(join(folder, "tokens.csv"), users, { mode: 0o600 });
}

/** The API server signs its own certificate, which is therefore its CA; it is written once, early in its start. */
async function certificate(folder: string): Promise<string> {
  const path = join(folder, "certificates", "apiserver.crt");
  return await poll(`${path} to be written`, async () => {
    const pem = await readFile(path, "utf8").catch(() => "");
    return pem.includes("-----END CERTIFICATE-----") ? pem : undefined;
  });
}

async function untilReady(access: { server: string; ca: string; adminToken: string }): Promise<void> {
  await poll("the API server to be ready", async () => {
    const answer = await call(access, { method: "GET", path: "/readyz" }).catch(() => undefined);
    return answer?.status === 200 ? true : undefined;
  });
}

async function poll<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${START_TIMEOUT_MS / 1000} s for ${what}`);
    await sleep(POLL_MS);
  }
}

/** Three free ports; held all at once, so that they differ. */
async function freePorts(): Promise<[number, number, number]> {
  const servers = Array.from({ length: 3 }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number, number];
}
