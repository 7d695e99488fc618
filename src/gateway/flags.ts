/** What `operator.cjs gateway` is told. */
import { parseArgs } from "node:util";
import { type BindAddress, bindAddress, type LogLevel, logLevel, UsageError } from "../config/values.ts";
import type { SocketAddress } from "./socketmap.ts";

export interface GatewayConfig {
  /** Absent: what kubectl would use, then the pod's service account. */
  readonly kubeconfig: string | undefined;
  /** Absent: that of the kubeconfig's context, or of the pod. */
  readonly namespace: string | undefined;
  /** None: all of the namespace. */
  readonly syncs: readonly string[];
  readonly directory: string;
  readonly socketmaps: readonly SocketAddress[];
  readonly recipientDelimiter: string;
  readonly onChange: string | undefined;
  readonly listsBindAddress: (BindAddress & { readonly host: string }) | undefined;
  readonly metricsBindAddress: BindAddress | undefined;
  readonly healthProbeBindAddress: BindAddress | undefined;
  readonly logLevel: LogLevel;
}

interface Flag {
  readonly value: string;
  readonly default: string;
  readonly help: string;
  readonly multiple?: boolean;
}

const FLAGS = {
  directory: {
    value: "DIR",
    default: "",
    help: "where the tables and the last good list are kept (required); tables stand in DIR/current",
  },
  namespace: {
    value: "NAME",
    default: "",
    help: "namespace of the lists; empty: that of the kubeconfig, or of the pod",
  },
  sync: {
    value: "NAME",
    default: "",
    help: "the O365Sync whose list is kept, repeatable; none: all of the namespace",
    multiple: true,
  },
  kubeconfig: {
    value: "FILE",
    default: "",
    help: "kubeconfig file; empty: $KUBECONFIG, ~/.kube/config, then the pod's service account",
  },
  socketmap: {
    value: "ADDRESS",
    default: "",
    help: "answer Postfix' socketmap tables recipients, domains, transport and aliases at unix:PATH or inet:HOST:PORT, repeatable",
    multiple: true,
  },
  "recipient-delimiter": {
    value: "CHARS",
    default: "+",
    help: "as in Postfix: anna+news@ is found as anna@ where it is not listed itself; empty: never. For socketmap only",
  },
  "on-change": { value: "COMMAND", default: "", help: "for /bin/sh, after the tables were swapped; ended after 60 s" },
  "lists-bind-address": {
    value: "ADDR",
    default: "0",
    help: "serve GET /lists/<table> at this host:port, of loopback only; 0: off",
  },
  "metrics-bind-address": { value: "ADDR", default: "0", help: "serve /metrics at host:port; 0: off" },
  "health-probe-bind-address": { value: "ADDR", default: "0", help: "serve /healthz and /readyz at host:port; 0: off" },
  "log-level": { value: "LEVEL", default: "info", help: "debug, info, warn or error" },
} as const satisfies Record<string, Flag>;

type FlagName = keyof typeof FLAGS;

export function gatewayHelp(): string {
  const rows = Object.entries(FLAGS).map(
    ([name, { value, help, default: text }]) =>
      `  ${`--${name} ${value}`.padEnd(36)} ${help}${text === "" ? "" : ` (default ${text})`}`,
  );
  return [
    "Keeps the published lists beside a mail server, whole and current: as files, as a lookup service, or both.",
    "",
    "usage: node operator.cjs gateway --directory DIR [flags]",
    "",
    ...rows,
    `  ${"--help".padEnd(36)} show this and exit`,
    "",
    "It reads ConfigMaps of one namespace (get, list, watch) and nothing else. docs/consumers.md has the rest.",
    "",
  ].join("\n");
}

/** Throws UsageError. */
export function parseGateway(args: readonly string[]): GatewayConfig | "help" {
  const given = parse(args);
  if (given === "help") return "help";
  const values = new Map(
    (Object.keys(FLAGS) as FlagName[]).map((name) => [name, given.get(name)?.at(-1) ?? FLAGS[name].default] as const),
  );
  const text = (name: FlagName): string | undefined => values.get(name) || undefined;
  const directory = text("directory");
  if (directory === undefined) throw new UsageError("gateway: --directory is required; see gateway --help");
  return {
    kubeconfig: text("kubeconfig"),
    namespace: nameOf("namespace", text("namespace")),
    syncs: (given.get("sync") ?? []).flatMap((name) => nameOf("sync", name) ?? []),
    directory,
    socketmaps: (given.get("socketmap") ?? []).map(socketAddress),
    recipientDelimiter: delimiter(values.get("recipient-delimiter") ?? ""),
    onChange: text("on-change"),
    listsBindAddress: loopback(bindAddress(values, "lists-bind-address")),
    metricsBindAddress: bindAddress(values, "metrics-bind-address"),
    healthProbeBindAddress: bindAddress(values, "health-probe-bind-address"),
    logLevel: logLevel(values.get("log-level") ?? ""),
  };
}

function parse(args: readonly string[]): ReadonlyMap<string, readonly string[]> | "help" {
  const options = Object.fromEntries(
    Object.keys(FLAGS).map((name) => [name, { type: "string", multiple: true } as const]),
  );
  try {
    const { values } = parseArgs({ args: [...args], options: { ...options, help: { type: "boolean", short: "h" } } });
    const { help, ...rest } = values;
    return help === true ? "help" : new Map(Object.entries<string[]>(rest));
  } catch (error) {
    const message = error instanceof Error ? error.message.split("\n")[0] : "";
    throw new UsageError(`gateway: ${message?.replace(/\. To specify a positional.*/, "")}; see gateway --help`);
  }
}

function nameOf(flag: string, name: string | undefined): string | undefined {
  if (name === undefined || /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw new UsageError(
    `gateway: --${flag}: "${name}" is no name of ${flag === "sync" ? "an O365Sync" : "a namespace"}`,
  );
}

function socketAddress(text: string): SocketAddress {
  const [, path] = /^unix:(\/.*[^/])$/.exec(text) ?? [];
  // The kernel keeps no longer ones.
  if (path !== undefined && Buffer.byteLength(path) <= 107) return { kind: "unix", path };
  const [, v6, host = v6, port] = /^inet:(?:\[([0-9a-fA-F:.]+)\]|([0-9A-Za-z.-]+)):(\d{1,5})$/.exec(text) ?? [];
  if (host !== undefined && Number(port) <= 65_535) return { kind: "inet", host, port: Number(port) };
  throw new UsageError(
    `gateway: --socketmap must be unix:/PATH (107 bytes at most) or inet:HOST:PORT, such as inet:127.0.0.1:10460, not "${text}"`,
  );
}

function delimiter(text: string): string {
  if (/^[!-~]{0,8}$/.test(text) && !/["@]/.test(text)) return text;
  throw new UsageError(
    `gateway: --recipient-delimiter must be up to 8 characters such as "+", without @ and quotation marks`,
  );
}

/** Whoever reaches it can read every address. */
function loopback(address: BindAddress | undefined): GatewayConfig["listsBindAddress"] {
  if (address === undefined) return undefined;
  const { host, port } = address;
  if (host !== undefined && /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost)$/.test(host)) return { host, port };
  throw new UsageError(
    "gateway: --lists-bind-address must be of loopback, such as 127.0.0.1:10461: it shows every address",
  );
}
