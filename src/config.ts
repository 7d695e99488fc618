/** Flags and environment become the Config; nothing else reads process.env. */
import { parseArgs } from "node:util";

export interface Config {
  /** Absent: what kubectl would use, then the pod's service account. */
  readonly kubeconfig: string | undefined;
  /** None: all namespaces. */
  readonly watchNamespaces: readonly string[];
  /** Path of a JSON file that replaces cloud endpoints. */
  readonly cloudEndpoints: string | undefined;
  /** Path of a JSON file that lends the installation's own keys to namespaces. */
  readonly sharedAccess: string | undefined;
  /** As the webhook of Azure workload identity sets it. */
  readonly federatedTokenFile: string | undefined;
  readonly concurrentSyncs: number;
  readonly leaderElect: boolean;
  readonly leaderElectionNamespace: string | undefined;
  readonly leaderElectionId: string;
  readonly metricsBindAddress: BindAddress | undefined;
  readonly healthProbeBindAddress: BindAddress | undefined;
  readonly consentRedirectUrl: string | undefined;
  /** Milliseconds. */
  readonly syncTimeoutMs: number;
  readonly manualRunsPerHour: number;
  readonly maxDeletionPercent: number;
  readonly logLevel: LogLevel;
  /** Names this process in the Lease and in events. */
  readonly podName: string | undefined;
}

/** Port 0 takes a free one. */
export interface BindAddress {
  readonly host: string | undefined;
  readonly port: number;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

interface Flag {
  readonly name: string;
  /** What stands for the value in the help; absent for a switch. */
  readonly value?: string;
  readonly default: string;
  readonly help: string;
}

const FLAGS = {
  kubeconfig: {
    value: "FILE",
    default: "",
    help: "kubeconfig file; empty: $KUBECONFIG, ~/.kube/config, then the pod's service account",
  },
  "watch-namespaces": { value: "LIST", default: "", help: "namespaces to work in, separated by commas; empty: all" },
  "cloud-endpoints": {
    value: "FILE",
    default: "",
    help: 'JSON file that replaces endpoints: {"Global": {"authority": "https://host:port", "graph": "https://host:port"}}',
  },
  "shared-access": {
    value: "FILE",
    default: "",
    help: "JSON file with the operator's own app registration and the namespaces, tenants and client ids that may use it",
  },
  "concurrent-syncs": { value: "N", default: "4", help: "how many O365Syncs run side by side, 1 to 64" },
  "leader-elect": {
    default: "false",
    help: "work only while this process holds the Lease; needed for more than one replica",
  },
  "leader-election-namespace": { value: "NAME", default: "", help: "namespace of the Lease; empty: the pod's own" },
  "leader-election-id": { value: "NAME", default: "o365-sync-operator", help: "name of the Lease" },
  "metrics-bind-address": { value: "ADDRESS", default: ":8080", help: "host:port of /metrics, 0 turns it off" },
  "health-probe-bind-address": {
    value: "ADDRESS",
    default: ":8081",
    help: "host:port of /healthz and /readyz, 0 turns it off",
  },
  "consent-redirect-url": {
    value: "URL",
    default: "",
    help: "redirect_uri of the admin-consent links; must be registered with the app",
  },
  "sync-timeout": { value: "SECONDS", default: "1800", help: "a run that takes longer fails, 10 to 86400" },
  "manual-runs-per-hour": { value: "N", default: "60", help: "runs that people may ask for, per object, 1 to 3600" },
  "max-deletion-percent": {
    value: "N",
    default: "100",
    help: "what no object's deletionGuard.maxPercent may exceed; below 100 the guard cannot be switched off either",
  },
  "log-level": { value: "LEVEL", default: "info", help: "debug, info, warn or error" },
} as const satisfies Record<string, Omit<Flag, "name">>;

type FlagName = keyof typeof FLAGS;

/** A flag that is unknown or whose value cannot be used. The message is one line for a person. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Text of `--help`. */
export function helpText(): string {
  const rows = Object.entries(FLAGS).map(([name, flag]: [string, Omit<Flag, "name">]) => {
    const left = `  --${name}${flag.value === undefined ? "" : ` ${flag.value}`}`;
    return `${left.padEnd(38)} ${flag.help} (default ${flag.default === "" ? '""' : flag.default})`;
  });
  return [
    "o365-sync-operator: keeps the recipient list of a mail gateway in step with Microsoft 365",
    "",
    "usage: node operator.cjs [flags]",
    "",
    ...rows,
    `${"  --help".padEnd(38)} show this and exit`,
    "",
  ].join("\n");
}

/** The configuration, or "help" when that was asked for. Throws UsageError. */
export function parseConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Config | "help" {
  const values = parseFlags(args);
  if (values === "help") return "help";
  const text = (name: FlagName): string | undefined => values.get(name) || undefined;
  return {
    kubeconfig: text("kubeconfig"),
    watchNamespaces: namespaces(text("watch-namespaces") ?? ""),
    cloudEndpoints: text("cloud-endpoints"),
    sharedAccess: text("shared-access"),
    federatedTokenFile: env["AZURE_FEDERATED_TOKEN_FILE"] || undefined,
    concurrentSyncs: integer(values, "concurrent-syncs", 1, 64),
    leaderElect: values.get("leader-elect") === "true",
    leaderElectionNamespace: text("leader-election-namespace"),
    leaderElectionId: text("leader-election-id") ?? "o365-sync-operator",
    metricsBindAddress: bindAddress(values, "metrics-bind-address"),
    healthProbeBindAddress: bindAddress(values, "health-probe-bind-address"),
    consentRedirectUrl: redirectUrl(text("consent-redirect-url")),
    syncTimeoutMs: integer(values, "sync-timeout", 10, 86_400) * 1000,
    manualRunsPerHour: integer(values, "manual-runs-per-hour", 1, 3600),
    maxDeletionPercent: integer(values, "max-deletion-percent", 0, 100),
    logLevel: logLevel(values.get("log-level") ?? ""),
    podName: env["POD_NAME"] || env["HOSTNAME"] || undefined,
  };
}

function parseFlags(args: readonly string[]): ReadonlyMap<FlagName, string> | "help" {
  const options = Object.fromEntries(
    Object.entries(FLAGS).map(([name, flag]) => [name, { type: "value" in flag ? "string" : "boolean" } as const]),
  );
  try {
    const { values } = parseArgs({
      args: args.flatMap(withoutSwitchValue),
      options: { ...options, help: { type: "boolean", short: "h" } },
    });
    if (values.help === true) return "help";
    const given = new Map<string, string | boolean | undefined>(Object.entries(values));
    const entries = Object.entries(FLAGS).map(
      ([name, flag]) => [name as FlagName, String(given.get(name) ?? flag.default)] as const,
    );
    return new Map(entries);
  } catch (error) {
    const message = error instanceof Error ? error.message.split("\n")[0] : "";
    throw new UsageError(`${message?.replace(/\. To specify a positional.*/, "")}; see --help`);
  }
}

/** Kubernetes manifests write switches as `--leader-elect=true`. */
function withoutSwitchValue(argument: string): string[] {
  const [, name = "", value] = /^--([a-z-]+)=(true|false)$/.exec(argument) ?? [];
  if (!(name in FLAGS) || "value" in FLAGS[name as FlagName]) return [argument];
  return value === "true" ? [`--${name}`] : [];
}

function integer(values: ReadonlyMap<FlagName, string>, name: FlagName, least: number, most: number): number {
  const text = values.get(name) ?? "";
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}

function bindAddress(values: ReadonlyMap<FlagName, string>, name: FlagName): BindAddress | undefined {
  const text = values.get(name) ?? "";
  if (text === "0") return undefined;
  const [, host = "", port = ""] = /^(?:\[?([0-9A-Za-z:.-]*?)\]?):(\d{1,5})$/.exec(text) ?? [];
  if (port === "" || Number(port) > 65_535)
    throw new UsageError(`--${name} must be host:port, :port, or 0 to turn it off, not "${text}"`);
  return { host: host === "" ? undefined : host, port: Number(port) };
}

function namespaces(text: string): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const bad = names.find((name) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name));
  if (bad !== undefined) throw new UsageError(`--watch-namespaces: "${bad}" is no name of a namespace`);
  return [...new Set(names)];
}

function redirectUrl(text: string | undefined): string | undefined {
  if (text === undefined || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))) return text;
  throw new UsageError(`--consent-redirect-url must be an http or https URL, not "${text}"`);
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

function logLevel(text: string): LogLevel {
  const level = LEVELS.find((known) => known === text);
  if (level === undefined) throw new UsageError(`--log-level must be one of ${LEVELS.join(", ")}, not "${text}"`);
  return level;
}
