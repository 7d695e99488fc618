/** Reads kubeconfig files as kubectl does: several at once, the first that says something wins, and what is missing is not there. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import type { Cluster, User } from "@kubernetes/client-node";
// The package itself would bring the clients of every API.
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";

/** The service account of the pod, as kubelet mounts it. */
const POD_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/**
 * The file at `path`, which must be there; without it those of $KUBECONFIG, else ~/.kube/config, else the pod's service
 * account. Undefined: none of them is there. Throws an Error that names the file, and nothing of what it holds.
 */
export function readKubeconfig(
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): KubeConfig | undefined {
  if (path !== undefined) return merged([readOne(path)]);
  const named = (env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  const files = named.length > 0 ? named : [join(env["HOME"] || homedir(), ".kube", "config")];
  const found = files.filter((file) => existsSync(file)).map(readOne);
  if (found.length > 0) return merged(found);
  if (!existsSync(POD_TOKEN)) return undefined;
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}

function readOne(file: string): KubeConfig {
  const config = new KubeConfig();
  const text = readFileSync(file, "utf8");
  // The library takes an empty file for none at all.
  if (text.trim() === "") return config;
  try {
    config.loadFromString(text);
    config.makePathsAbsolute(dirname(resolve(file)));
  } catch {
    // The parser's own message quotes the file.
    throw new Error(`kubeconfig: ${file} cannot be read: it is no kubeconfig in YAML or JSON`);
  }
  config.users = config.users.map((user) => withCommandPath(user, dirname(resolve(file))));
  return config;
}

/** Of two entries with one name the first counts, and so does the first current-context. */
function merged(configs: readonly KubeConfig[]): KubeConfig {
  const firstOf = <T extends { readonly name: string }>(entries: readonly T[]): T[] => [
    ...new Map(entries.toReversed().map((entry) => [entry.name, entry])).values(),
  ];
  const all = new KubeConfig();
  all.loadFromOptions({
    clusters: firstOf(configs.flatMap(({ clusters }) => clusters ?? [])),
    users: firstOf(configs.flatMap(({ users }) => users ?? [])),
    contexts: firstOf(configs.flatMap(({ contexts }) => contexts ?? [])),
    currentContext: configs.map((config) => config.getCurrentContext()).find(Boolean) ?? "",
  });
  return all;
}

interface ExecConfig {
  readonly command?: string;
  readonly apiVersion?: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly provideClusterInfo?: boolean;
  readonly interactiveMode?: string;
}

const execOf = (user: User): ExecConfig | undefined => user.exec as ExecConfig | undefined;

/** A plugin's command that is a path is one from the kubeconfig's own folder; a bare name is looked for in PATH. */
function withCommandPath(user: User, folder: string): User {
  const exec = execOf(user);
  const command = exec?.command ?? "";
  if (exec === undefined || isAbsolute(command) || !/[/\\]/.test(command)) return user;
  return { ...user, exec: { ...exec, command: join(folder, command) } };
}

/** What a plugin is told of what it is asked for. Throws for one that has to ask somebody: nobody is there. */
export function withExecInfo(user: User, cluster: Cluster): User {
  const exec = execOf(user);
  if (exec === undefined) return user;
  if (exec.interactiveMode === "Always")
    throw new Error(
      `kubeconfig: the credential plugin of user "${user.name}" has interactiveMode: Always, and nobody is there to ask; use one that asks nobody`,
    );
  const { apiVersion = "client.authentication.k8s.io/v1", env, provideClusterInfo = false } = exec;
  const info = {
    kind: "ExecCredential",
    apiVersion,
    spec: { interactive: false, ...(provideClusterInfo ? { cluster: clusterInfo(cluster) } : {}) },
  };
  const told = { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) };
  return { ...user, exec: { ...exec, env: [...(env ?? []), told] } };
}

function clusterInfo({
  server,
  caData,
  caFile,
  skipTLSVerify,
  tlsServerName,
  proxyUrl,
}: Cluster): Record<string, unknown> {
  const ca = caData ?? (caFile === undefined ? undefined : readFileSync(caFile).toString("base64"));
  return {
    server,
    ...(tlsServerName === undefined ? {} : { "tls-server-name": tlsServerName }),
    ...(skipTLSVerify ? { "insecure-skip-tls-verify": true } : {}),
    ...(proxyUrl ? { "proxy-url": proxyUrl } : {}),
    ...(ca === undefined ? {} : { "certificate-authority-data": ca }),
  };
}
