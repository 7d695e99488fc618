/** What the story needs before it begins: images, nodes that are Ready, a tenant that pods can reach. */
import { execFileSync } from "node:child_process";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { SYSTEM } from "../support/commands.ts";
import { timed } from "./bill.ts";
import { type Cluster, N1, ROOT, type Running, until } from "./kit.ts";
import type { Order } from "./tenant.ts";

/** The release that an upgrade begins with, as it was made: its tag, or the commit where the tag is not there. */
const FROZEN = { version: "0.1.0", refs: ["v0.1.0", "019327dbc8d022d08e9ce76b091d3fd32c15161d"] };
const PORT = 8443;

export const IMAGE = "localhost/o365-sync-operator";

export interface Frozen {
  readonly version: string;
  /** Path of its chart. */
  readonly chart: string;
}

/** The frozen release's files; undefined, with a word, in a checkout without its history. */
export async function unpackFrozen({ folder }: Cluster): Promise<Frozen | undefined> {
  const git = (...args: string[]): Buffer =>
    execFileSync("git", args, { cwd: ROOT, stdio: ["ignore", "pipe", "ignore"] });
  const ref = FROZEN.refs.find((each) => {
    try {
      return git("cat-file", "-e", `${each}^{commit}`) !== undefined;
    } catch {
      return false;
    }
  });
  if (ref === undefined) {
    console.log(`skipped: this checkout has no history, and so not version ${FROZEN.version} to upgrade from`);
    return undefined;
  }
  const target = join(folder, "frozen");
  await mkdir(target);
  const archive = join(folder, "frozen.tar");
  await writeFile(archive, execFileSync("git", ["archive", ref], { cwd: ROOT, maxBuffer: 256 << 20 }));
  execFileSync("tar", ["-xf", archive, "-C", target]);
  return { version: FROZEN.version, chart: join(target, "charts/o365-sync-operator") };
}

/** Builds an image; answers its file. */
export async function makeImage(
  cluster: Cluster,
  context: string,
  name: string,
  ...options: string[]
): Promise<string> {
  const file = join(cluster.folder, `${name.replaceAll(/\W/g, "-")}.tar`);
  await timed(`image ${name}`, () => cluster.images("image", context, `localhost/${name}`, file, ...options));
  return file;
}

/** Gives an image to the nodes. */
export async function loadImage(cluster: Cluster, file: string): Promise<void> {
  const { size } = await stat(file);
  await timed(`load ${basename(file)}, ${Math.round(size / 1e6)} MB unpacked`, () => cluster.kit("load", file));
}

export interface Tenant {
  readonly tenantId: string;
  /** Origin of Entra and Graph. */
  readonly origin: string;
  /** PEM. */
  readonly ca: string;
  tell(order: Order): Promise<{ readonly requests: number }>;
}

/** In n1, on the address that all pods reach, with a certificate for it. */
export async function startTenantIn(cluster: Cluster): Promise<Tenant> {
  const at = (name: string): string => join(cluster.folder, name);
  const openssl = (line: string): Buffer => execFileSync("openssl", line.split(" "), { stdio: "ignore" });
  const made = (name: string): string =>
    `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${name} -keyout ${at(`${name}.key`)} -out ${at(`${name}.crt`)}`;
  openssl(made("ca"));
  openssl(`${made("tenant")} -CA ${at("ca.crt")} -CAkey ${at("ca.key")} -addext subjectAltName=IP:${N1}`);
  const program = join(ROOT, "test/e2e/tenant.ts");
  const command = ["node", "--import", "tsx", program, N1, String(PORT), cluster.folder];
  const { child, ended }: Running = cluster.start("n1", command);
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(line));
  const next = <T>(): Promise<T> =>
    Promise.race([
      new Promise<T>((resolve) => waiting.push((line) => resolve(JSON.parse(line) as T))),
      ended.then(({ stderr }) => Promise.reject(new Error(`the tenant ended: ${stderr}`))),
    ]);
  const { origin, tenantId } = await next<{ origin: string; tenantId: string }>();
  const ca = execFileSync("cat", [at("ca.crt")], { encoding: "utf8" });
  return {
    origin,
    tenantId,
    ca,
    tell(order) {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return next();
    },
  };
}

/** kubelet of a node with another setting, as after a restart of it; its pods go on meanwhile. */
export async function restartKubelet(cluster: Cluster, node: string, edit = ""): Promise<void> {
  const root = join(cluster.folder, "cluster", node);
  const script = `
    pid="$(cat ${root}/kubelet.pid)"
    mapfile -d '' -t command <"/proc/$pid/cmdline"
    ${edit === "" ? "" : `sed -i '${edit}' ${root}/kubelet.yaml`}
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    setsid "\${command[@]}" >>${root}/../logs/${node}-kubelet.log 2>&1 </dev/null &
    echo $! >${root}/kubelet.pid`;
  await cluster.runIn(node, ["bash", "-euc", script]);
}

/** A namespace that takes restricted pods only, with the CA of the tenant; the values of the chart beside them. */
export async function prepareNamespace(cluster: Cluster, tenant: Tenant, namespace: string): Promise<string> {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
  const ca = { metadata: { name: "tenant-ca", namespace }, data: { "ca.crt": tenant.ca } };
  await cluster.apply({ apiVersion: "v1", kind: "ConfigMap", ...ca });
  const values = join(cluster.folder, "values.json");
  await writeFile(
    values,
    JSON.stringify({
      cloudEndpoints: { Global: { authority: tenant.origin, graph: tenant.origin } },
      extraCa: { configMap: "tenant-ca" },
    }),
  );
  return values;
}

/** Ready again after kubelet was started anew. */
export const nodeReady = (cluster: Cluster, node: string): Promise<string> =>
  until(`node ${node} is Ready`, async () => {
    return cluster.kubectl("wait", `node/${node}`, "--for=condition=Ready", "--timeout=30s");
  });

/** A service account of the same name: the old tokens are void, and kubelet, started anew, asks for new ones. */
export async function rotateTokens(cluster: Cluster): Promise<void> {
  const nodes = ["n1", "n2"];
  const tokens = (node: string): Promise<string> =>
    cluster.runIn(node, [
      "bash",
      "-c",
      `cat ${cluster.folder}/cluster/${node}/kubelet/pods/*/volumes/*projected/*/token`,
    ]);
  const old = await Promise.all(nodes.map(tokens));
  type Account = { readonly metadata: Readonly<Record<string, unknown>> };
  const account = await cluster.get<Account>("serviceaccount", "o365-sync-operator", "-n", SYSTEM);
  const { name, namespace, labels, annotations } = account.metadata;
  await cluster.kubectl("delete", "serviceaccount", "o365-sync-operator", "-n", SYSTEM);
  await cluster.apply({ ...account, metadata: { name, namespace, labels, annotations } });
  await Promise.all(nodes.map((node) => restartKubelet(cluster, node)));
  for (const [index, node] of nodes.entries())
    await until(`kubelet of ${node} writes a new token`, async () =>
      (await tokens(node)) === old[index] ? undefined : true,
    );
  await until("the old token is refused", async () => {
    const server = `https://${N1}:6443/api`;
    const command = ["curl", "--insecure", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", server];
    const status = await cluster.run([...command, "--header", `Authorization: Bearer ${old[0]?.trim()}`]);
    return status === "401" ? true : undefined;
  });
  for (const node of nodes) await nodeReady(cluster, node);
}
