/** Flags and environment become the Config; nothing else reads process.env. */
import { parseArgs } from "node:util";
import { FLAGS, type FlagName } from "./flags.ts";
import { parseSmtp, type SmtpConfig } from "./smtp.ts";
import {
  type BindAddress,
  bindAddress,
  domains,
  type FlagValues,
  integer,
  type LogLevel,
  logLevel,
  namespaces,
  proxyUrl,
  redirectUrl,
  secrets,
  UsageError,
} from "./values.ts";

export interface Config {
  /** Absent: what kubectl would use, then the pod's service account. */
  readonly kubeconfig: string | undefined;
  /** None: all namespaces. */
  readonly watchNamespaces: readonly string[];
  /** Path of a JSON file that replaces cloud endpoints. */
  readonly cloudEndpoints: string | undefined;
  /** Path of a JSON file that lends the installation's own keys to namespaces. */
  readonly sharedAccess: string | undefined;
  /** Secrets of the installation as namespace/name: no object may name one of them. */
  readonly ownSecrets: readonly string[];
  /** Whether labelled Secrets wake their syncs. */
  readonly watchSecrets: boolean;
  /** As the webhook of Azure workload identity sets it. */
  readonly federatedTokenFile: string | undefined;
  /** Likewise; the client id of an app registration of the installation that proves itself by that token. */
  readonly podClientId: string | undefined;
  /** For Entra and Graph only, never for the API server. */
  readonly proxy: { readonly url: string; readonly noProxy: string } | undefined;
  readonly concurrentSyncs: number;
  readonly leaderElect: boolean;
  readonly leaderElectionNamespace: string | undefined;
  readonly leaderElectionId: string;
  readonly metricsBindAddress: BindAddress | undefined;
  readonly healthProbeBindAddress: BindAddress | undefined;
  readonly consentRedirectUrl: string | undefined;
  readonly consentBindAddress: BindAddress | undefined;
  /** Milliseconds. */
  readonly syncTimeoutMs: number;
  readonly manualRunsPerHour: number;
  readonly maxDeletionPercent: number;
  /** Absent: no mail can be sent. */
  readonly smtp: SmtpConfig | undefined;
  readonly mailsPerHour: number;
  /** Lower-case; none: all. */
  readonly notificationAllowedDomains: readonly string[];
  readonly logLevel: LogLevel;
  /** Names this process in the Lease and in events. */
  readonly podName: string | undefined;
}

/** The configuration, or "help" or "version" when that was asked for. Throws UsageError. */
export function parseConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Config | "help" | "version" {
  const values = parseFlags(args);
  if (typeof values === "string") return values;
  const text = (name: FlagName): string | undefined => values.get(name) || undefined;
  return {
    kubeconfig: text("kubeconfig"),
    watchNamespaces: namespaces(text("watch-namespaces") ?? ""),
    cloudEndpoints: text("cloud-endpoints"),
    sharedAccess: text("shared-access"),
    ownSecrets: secrets(text("own-secrets") ?? ""),
    watchSecrets: values.get("watch-secrets") === "true",
    federatedTokenFile: env["AZURE_FEDERATED_TOKEN_FILE"] || undefined,
    podClientId: env["AZURE_CLIENT_ID"] || undefined,
    proxy: proxyOf(env),
    concurrentSyncs: integer(values, "concurrent-syncs", 1, 64),
    leaderElect: values.get("leader-elect") === "true",
    leaderElectionNamespace: text("leader-election-namespace"),
    leaderElectionId: text("leader-election-id") ?? "o365-sync-operator",
    metricsBindAddress: bindAddress(values, "metrics-bind-address"),
    healthProbeBindAddress: bindAddress(values, "health-probe-bind-address"),
    ...consent(values, text("consent-redirect-url")),
    syncTimeoutMs: integer(values, "sync-timeout", 10, 86_400) * 1000,
    manualRunsPerHour: integer(values, "manual-runs-per-hour", 1, 3600),
    maxDeletionPercent: integer(values, "max-deletion-percent", 0, 100),
    smtp: parseSmtp(values, env),
    mailsPerHour: integer(values, "mails-per-hour", 1, 100_000),
    notificationAllowedDomains: domains(text("notification-allowed-domains") ?? ""),
    logLevel: logLevel(values.get("log-level") ?? ""),
    podName: env["POD_NAME"] || env["HOSTNAME"] || undefined,
  };
}

function consent(
  values: FlagValues,
  url: string | undefined,
): Pick<Config, "consentRedirectUrl" | "consentBindAddress"> {
  const consentRedirectUrl = redirectUrl(url);
  const consentBindAddress = bindAddress(values, "consent-bind-address");
  if (consentBindAddress === undefined || consentRedirectUrl !== undefined)
    return { consentRedirectUrl, consentBindAddress };
  throw new UsageError("--consent-bind-address needs --consent-redirect-url, where administrators come back to");
}

/** In lower case first, as curl does. */
export function proxyOf(env: Readonly<Record<string, string | undefined>>): Config["proxy"] {
  const url = env["https_proxy"] || env["HTTPS_PROXY"];
  return url ? { url: proxyUrl(url), noProxy: env["no_proxy"] || env["NO_PROXY"] || "" } : undefined;
}

function parseFlags(args: readonly string[]): FlagValues | "help" | "version" {
  const options = Object.fromEntries(
    Object.entries(FLAGS).map(([name, flag]) => [name, { type: "value" in flag ? "string" : "boolean" } as const]),
  );
  try {
    const { values } = parseArgs({
      args: args.flatMap(withoutSwitchValue),
      options: { ...options, help: { type: "boolean", short: "h" }, version: { type: "boolean" } },
    });
    if (values.help === true) return "help";
    if (values.version === true) return "version";
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
