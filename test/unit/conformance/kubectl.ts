/** What people type, and what kubectl prints. */
import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { configMap, type Fields, mailDomain } from "./cases/requests.ts";
import { maskText } from "./mask.ts";

export interface Printed {
  readonly request: string;
  readonly code: number;
  readonly output: readonly string[];
}

export interface Command {
  readonly args: readonly string[];
  /** For `-f -`. */
  readonly input?: Fields;
}

const apply = (input: Fields): Command => ({ args: ["apply", "-f", "-"], input });
const run = (text: string): Command => ({ args: text.split(" ") });
const status = {
  status: {
    observedGeneration: 2,
    conditions: [
      { type: "Ready", status: "True", reason: "Routed", message: "well", lastTransitionTime: "2020-01-02T03:04:05Z" },
    ],
  },
};
const event: Fields = {
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  metadata: { name: "a" },
  eventTime: "2020-01-02T03:04:05.000006Z",
  regarding: { apiVersion: "o365sync.dev/v1alpha1", kind: "MailDomain", name: "a" },
  reportingController: "o365sync.dev/operator",
  reportingInstance: "one",
  type: "Normal",
  reason: "Routed",
  action: "Route",
  note: "is routed",
};

/** One after the other, in one fresh namespace. */
export const commands = (namespace: string): readonly Command[] => [
  apply(mailDomain("a", { inboundServers: [{ host: "mx.example.com" }] }, { labels: { team: "mail" } })),
  apply(mailDomain("a", { inboundServers: [{ host: "mx.example.com" }] }, { labels: { team: "mail" } })),
  apply(mailDomain("a", { deliveryPort: 26 })),
  apply(mailDomain("b", { domain: "Not Valid" })),
  apply(mailDomain("b", { domain: "example.com", typo: 1 })),
  apply(configMap("c", { data: { a: "1", b: "2" } })),
  apply(configMap("c", { data: { a: "1" } })),
  run("get configmap c -o jsonpath={.data}"),
  { args: ["patch", "maildomain", "a", "--subresource=status", "--type=merge", "-p", JSON.stringify(status)] },
  run("get maildomain"),
  run("get maildom a -o wide"),
  run("get mailsync"),
  run("get cm -l nope=1"),
  run("get maildomain --field-selector spec.domain=example.com -o name"),
  run("get maildomain nope"),
  run("annotate maildomain a o365sync.dev/sync=1"),
  run("annotate maildomain a o365sync.dev/sync=2"),
  run("annotate maildomain a o365sync.dev/sync=2 --overwrite"),
  run("label cm c team=mail"),
  { args: ["patch", "cm", "c", "-p", '{"data":{"a":"3"}}'] },
  {
    args: [
      "patch",
      "maildomain",
      "a",
      "--type=json",
      "-p",
      '[{"op":"replace","path":"/spec/deliveryPort","value":99999}]',
    ],
  },
  run("wait maildomain/a --for=condition=Ready --timeout=5s"),
  run("wait maildomain/a --for=jsonpath={.status.observedGeneration}=2 --timeout=5s"),
  run("wait maildomain/a --for=condition=Never --timeout=1s"),
  apply({ ...event, regarding: { ...(event["regarding"] as Fields), namespace } }),
  run("describe maildomain a"),
  run("describe cm c"),
  run("get events"),
  run("api-resources --api-group=o365sync.dev --no-headers"),
  run("delete maildomain a"),
  run("delete maildomain a"),
  run("delete cm c --ignore-not-found"),
];

/** Runs them with the configuration of one API server; masked. */
export async function type(kubectl: string, kubeconfig: string): Promise<Printed[]> {
  const namespace = `kubectl-${randomUUID().slice(0, 8)}`;
  const config = ["--kubeconfig", kubeconfig, "--cache-dir", join(tmpdir(), namespace)];
  const namespaced = [...config, "--namespace", namespace];
  const file = join(tmpdir(), `${namespace}.json`);
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }));
  const printed: Printed[] = [];
  try {
    await execute(kubectl, [...config, "apply", "-f", file]);
    for (const { args, input } of commands(namespace)) {
      const { code, output } = await execute(kubectl, [...namespaced, ...args], input);
      printed.push({ request: args.join(" "), code, output: masked(output, namespace) });
    }
    printed.push(await watch(kubectl, namespaced, namespace));
    return printed;
  } finally {
    await rm(file);
    await rm(join(tmpdir(), namespace), { recursive: true, force: true });
  }
}

function masked(output: string, namespace: string): string[] {
  const lines = maskText(output, { [namespace]: "<namespace>" })
    .split("\n")
    .map(maskLine);
  return lines.filter((line) => line !== "");
}

/** `get -w`: from a first look on it prints a line for each change, the deletion too. */
async function watch(kubectl: string, namespaced: readonly string[], namespace: string): Promise<Printed> {
  const args = ["get", "maildomain", "w", "-w"];
  const changes: readonly Command[] = [
    run("annotate maildomain w o365sync.dev/sync=1"),
    { args: ["patch", "maildomain", "w", "--subresource=status", "--type=merge", "-p", JSON.stringify(status)] },
    run("delete maildomain w"),
  ];
  const { args: created, input } = apply(mailDomain("w", { inboundServers: [{ host: "mx.example.com" }] }));
  await execute(kubectl, [...namespaced, ...created], input);
  let output = "";
  const child = spawn(kubectl, [...namespaced, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const printed = async (lines: number): Promise<void> => {
    for (let look = 0; output.split("\n").length <= lines; look++) {
      if (look === 500) throw new Error(`kubectl get -w printed too little: ${output}`);
      await pause(20);
    }
  };
  const exited = once(child, "exit");
  // The heading and the object, and then one after the other, so that no two changes become one event.
  await printed(2);
  for (const [index, change] of changes.entries()) {
    await execute(kubectl, [...namespaced, ...change.args]);
    await printed(3 + index);
  }
  child.kill();
  await exited;
  return { request: args.join(" "), code: 0, output: masked(output, namespace) };
}

/** Columns are as wide as what we mask. */
function maskLine(line: string): string {
  return line
    .replaceAll(/(Resource Version:|Creation Timestamp:)\s+\S+/g, "$1 <masked>")
    .replaceAll(/\b\d+[smhd](\d+[smhd])?\b/g, "<age>")
    .replaceAll(/ {2,}/g, "  ")
    .trimEnd();
}

function execute(kubectl: string, args: readonly string[], input?: Fields): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(kubectl, [...args], { timeout: 30_000 }, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
      resolve({ code, output: `${stdout}${stderr}` });
    });
    child.stdin?.end(input ? JSON.stringify(input) : "");
  });
}
