/**
 * Somebody who reads the pages and types: a cluster with its administrator's kubeconfig, a tenant, a shell. What a kubelet and the
 * controllers of a cluster would do is done after each command that asks for it: the Deployment's pod runs with its own flags, as
 * its own service account.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { call } from "../../../dev/controlplane/call.ts";
import { startRealControlPlane } from "../../../dev/controlplane/real.ts";
import { type OperatorProcess, startOperatorProcess } from "../../../dev/demo/operator.ts";
import { writeKubeconfig } from "../../../dev/kubeconfig.ts";
import { type Catcher, startCatcher } from "../../../dev/smtp/index.ts";
import { harbourAndPine } from "../../../dev/tenant/fixture.ts";
import { startTenant, type Tenant } from "../../../dev/tenant/index.ts";
import { caPath } from "../../../dev/tls/index.ts";
import type { ControlPlane } from "../../../dev/types.ts";
import { bundle } from "../../../scripts/bundle.ts";
import { SYSTEM } from "../../support/commands.ts";
import { ROOT } from "../../support/pages.ts";
import { container, type Manifest } from "../chart/helm.ts";

export interface Typed {
  readonly code: number;
  /** What a terminal shows. */
  readonly shown: string;
}

export interface Reader {
  readonly tenant: Tenant;
  /** Where mails of the operator go. */
  readonly mailServer: Catcher;
  /** Of its shells. */
  readonly environment: Readonly<Record<"KUBECONFIG" | "PATH", string>>;
  /** What the cluster has to do is done. */
  follow(): Promise<void>;
  /** A shell of their own for each page. */
  openShell(): Promise<void>;
  /** Up to the first command that fails. */
  type(commands: readonly string[]): Promise<Typed>;
  /** The same, where none may fail. */
  ok(commands: readonly string[]): Promise<string>;
  /** A file that a command has made. */
  read(name: string): string;
  close(): Promise<void>;
}

const PRELUDE = `set -euo pipefail
kubectl() { command kubectl "$@" 2>&1; }
node() { command node "$@" --cloud-endpoints="$ENDPOINTS"; }
source "$SHELL_STATE"
trap 'declare -p TOKEN VERSION >"$SHELL_STATE" 2>/dev/null || true' EXIT`;

/** Commands after which a cluster has something to do. */
const MOVES_PODS = /^helm (upgrade|rollback|uninstall)\b|\b(scale deployment|rollout restart)\b/;

interface Deployment extends Manifest {
  readonly metadata: { readonly name: string; readonly uid: string; readonly generation: number };
  readonly spec: { readonly replicas: number; readonly template: object };
}

export async function createReader(assets: string): Promise<Reader> {
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-commands-"));
  const bin = join(folder, "bin");
  const clone = join(folder, "clone");
  await mkdir(bin);
  await mkdir(clone);
  // A clone to type in, where what a command writes is nobody's.
  for (const name of await readdir(ROOT))
    if (!/^(\.|dist$)/.test(name)) await symlink(join(ROOT, name), join(clone, name));
  await bundle(join(clone, "dist/operator.cjs"));
  await symlink(join(assets, "kubectl"), join(bin, "kubectl"));
  await bundle(join(bin, "kubectl-mailsync"), { entryPoint: "cli/main.ts", banner: "#!/usr/bin/env node" });
  await chmod(join(bin, "kubectl-mailsync"), 0o755);
  const kubeconfig = join(folder, "admin.kubeconfig");
  const controlPlane = await startRealControlPlane({ assets });
  await controlPlane.writeKubeconfig(kubeconfig, "admin");
  const company = harbourAndPine();
  company.domains.push("example.onmicrosoft.com");
  const tenant = await startTenant({ company });
  const mailServer = await startCatcher();
  const endpoints = join(folder, "endpoints.json");
  await writeFile(endpoints, JSON.stringify({ Global: { authority: tenant.authority, graph: tenant.graph } }));
  const pods = createPods(controlPlane, folder, endpoints, mailServer.port);
  const env = {
    ...process.env,
    KUBECONFIG: kubeconfig,
    PATH: `${bin}:${process.env["PATH"]}`,
    SHELL_STATE: join(folder, "shell-state"),
    ENDPOINTS: endpoints,
    NODE_EXTRA_CA_CERTS: caPath,
    // What `az` would have answered.
    APP: tenant.clientId,
    SECRET: tenant.clientSecret,
  };
  await writeFile(join(clone, "secret"), tenant.clientSecret);

  const shell = (commands: readonly string[]): Promise<Typed> =>
    new Promise((resolve) => {
      const script = `exec 2>&1\n${PRELUDE}\n${commands.join("\n")}`;
      execFile("bash", ["-c", script], { cwd: clone, timeout: 120_000, env }, (error, shown) => {
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, shown });
      });
    });

  async function type(commands: readonly string[]): Promise<Typed> {
    const end = commands.findIndex((command) => MOVES_PODS.test(command)) + 1 || commands.length;
    const first = await shell(commands.slice(0, end));
    if (first.code !== 0) return first;
    if (MOVES_PODS.test(commands[end - 1] ?? "")) await pods.follow();
    if (end === commands.length) return first;
    const rest = await type(commands.slice(end));
    return { code: rest.code, shown: first.shown + rest.shown };
  }

  return {
    tenant,
    mailServer,
    environment: env,
    follow: pods.follow,
    read: (name) => readFileSync(join(clone, name), "utf8"),
    openShell: () => writeFile(env.SHELL_STATE, ""),
    type,
    async ok(commands) {
      const { code, shown } = await type(commands);
      if (code !== 0) throw new Error(`a command failed:\n${commands.join("\n")}\n${shown.slice(-3000)}`);
      return shown;
    },
    async close() {
      await pods.stop();
      await mailServer.close();
      await tenant.close();
      await controlPlane.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What is of this machine: ports, endpoints, and the one mail server. */
function ownFlags(args: readonly string[], kubeconfig: string, endpoints: string, mailPort: number): string[] {
  const smtp = [`--smtp-host=127.0.0.1`, `--smtp-port=${mailPort}`, "--smtp-tls=none"];
  const isMailed = args.some((arg) => arg.startsWith("--smtp-host="));
  return [
    ...args.filter((arg) => !isMailed || !/^--smtp-(host|port|tls)=/.test(arg)),
    ...(isMailed ? smtp : []),
    `--kubeconfig=${kubeconfig}`,
    `--cloud-endpoints=${endpoints}`,
    "--metrics-bind-address=0",
    "--health-probe-bind-address=0",
    // A reader has hours for what is typed here within minutes.
    "--manual-runs-per-hour=3600",
  ];
}

/** One process for the operator's Deployment, however many replicas it asks for. Ports and endpoints are of this machine. */
function createPods(controlPlane: ControlPlane, folder: string, endpoints: string, mailPort: number) {
  const account = `/api/v1/namespaces/${SYSTEM}/serviceaccounts/o365-sync-operator`;
  const path = `/apis/apps/v1/namespaces/${SYSTEM}/deployments/o365-sync-operator`;
  let running: { readonly what: string; readonly process: OperatorProcess } | undefined;

  const uidOf = ({ body }: { body: unknown }): string | undefined =>
    (body as { metadata?: { uid?: string } }).metadata?.uid;

  async function stop(): Promise<void> {
    await running?.process.stop();
    running = undefined;
  }

  async function start(deployment: Deployment): Promise<OperatorProcess> {
    const token = await call(controlPlane, {
      method: "POST",
      path: `${account}/token`,
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    });
    const { token: adminToken } = (token.body as { status: { token: string } }).status;
    const own = join(folder, "operator.kubeconfig");
    await writeKubeconfig({ ...controlPlane, adminToken }, own, "admin");
    const { args } = container([{ ...deployment, kind: "Deployment" }]);
    return startOperatorProcess(folder, ownFlags(args ?? [], own, endpoints, mailPort));
  }

  /** What the Deployment says now is what runs. */
  async function follow(): Promise<void> {
    await fillTokens(controlPlane);
    const { status, body } = await call(controlPlane, { method: "GET", path });
    const deployment = body as Deployment;
    if (status === 404 || deployment.spec.replicas === 0) return stop();
    const identity = uidOf(await call(controlPlane, { method: "GET", path: account }));
    const what = JSON.stringify([identity, deployment.spec.template]);
    if (running?.what !== what) {
      await stop();
      const since = Date.now();
      const begun = await start(deployment);
      running = { what, process: begun };
      begun.failed.catch((error: unknown) => restart(begun, String(error)));
      await leads(controlPlane, since);
    }
    const { replicas } = deployment.spec;
    const { generation: observedGeneration } = deployment.metadata;
    const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
    await call(controlPlane, {
      method: "PATCH",
      path: `${path}/status`,
      contentType: "application/merge-patch+json",
      body: { status: { observedGeneration, ...counts } },
    });
  }

  /** A kubelet starts again what ended by itself, for instance since it lost its Lease on a busy machine. */
  function restart(ended: OperatorProcess, error: string): void {
    console.warn(`${error}:\n${readFileSync(ended.log, "utf8").slice(-2_000)}`);
    if (running?.process !== ended) return;
    running = undefined;
    follow().catch(console.warn);
  }

  return { stop, follow };
}

interface Secret extends Manifest {
  readonly type: string;
}

/** What the token controller does: a Secret of a service account that asks for a token has one. */
async function fillTokens(controlPlane: ControlPlane): Promise<void> {
  const { body } = await call(controlPlane, { method: "GET", path: "/api/v1/secrets" });
  const { items } = body as { items: readonly Secret[] };
  for (const { type, data, metadata } of items) {
    if (type !== "kubernetes.io/service-account-token" || data?.["token"] !== undefined) continue;
    const namespace = `/api/v1/namespaces/${metadata.namespace}`;
    const name = metadata.annotations?.["kubernetes.io/service-account.name"];
    const token = await call(controlPlane, {
      method: "POST",
      path: `${namespace}/serviceaccounts/${name}/token`,
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    });
    await call(controlPlane, {
      method: "PATCH",
      path: `${namespace}/secrets/${metadata.name}`,
      contentType: "application/merge-patch+json",
      body: {
        stringData: { token: (token.body as { status: { token: string } }).status.token, "ca.crt": controlPlane.ca },
      },
    });
  }
}

/** A pod that is ready here is one that leads; a Lease that nobody has renewed since is of one that could not give it up. */
async function leads(controlPlane: ControlPlane, since: number): Promise<void> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${SYSTEM}/leases/o365-sync-operator`;
  for (let look = 0; look < 600; look++) {
    const { body } = await call(controlPlane, { method: "GET", path });
    const { spec } = body as { spec?: { holderIdentity?: string; renewTime?: string } };
    if ((spec?.holderIdentity ?? "") !== "" && Date.parse(spec?.renewTime ?? "") > since) return;
    await pause(100);
  }
  throw new Error("the operator does not lead");
}
