/** Every flag of the operator: its default and what it does. `--help` and the parser read this table. */

interface Flag {
  readonly name: string;
  /** What stands for the value in the help; absent for a switch. */
  readonly value?: string;
  readonly default: string;
  readonly help: string;
}

export const FLAGS = {
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
  "own-secrets": {
    value: "LIST",
    default: "",
    help: "Secrets of the installation itself as namespace/name, separated by commas; no O365Sync may name one of them",
  },
  "watch-secrets": {
    default: "false",
    help: "let Secrets with the label o365sync.dev/watch=true wake their syncs when they change; needs the right to list Secrets",
  },
  "concurrent-syncs": {
    value: "N",
    default: "4",
    help: "how many O365Syncs run side by side, 1 to 64; no tenant takes more than half of them",
  },
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
  "consent-bind-address": {
    value: "ADDRESS",
    default: "0",
    help: "host:port of the page at the path of --consent-redirect-url that administrators come back to, 0 turns it off",
  },
  "sync-timeout": { value: "SECONDS", default: "1800", help: "a run that takes longer fails, 10 to 86400" },
  "manual-runs-per-hour": { value: "N", default: "60", help: "runs that people may ask for, per object, 1 to 3600" },
  "max-deletion-percent": {
    value: "N",
    default: "100",
    help: "what no object's deletionGuard.maxPercent may exceed; below 100 the guard cannot be switched off either",
  },
  "smtp-url": {
    value: "URL",
    default: "",
    help: "mail server for notifications: smtp://user:password@host:port with STARTTLS, smtps:// with TLS from the start; better in the environment variable SMTP_URL",
  },
  "smtp-host": { value: "NAME", default: "", help: "mail server for notifications, in place of --smtp-url" },
  "smtp-port": { value: "N", default: "0", help: "its port; 0: 587, with --smtp-tls=tls 465, with --smtp-tls=none 25" },
  "smtp-username": { value: "NAME", default: "", help: "user name for the mail server; empty: no login" },
  "smtp-password-file": {
    value: "FILE",
    default: "",
    help: "file with the password, read again before each mail; or the environment variable SMTP_PASSWORD",
  },
  "smtp-tls": {
    value: "MODE",
    default: "",
    help: "starttls: no mail without it; tls: from the start; none: in the clear, without a login; empty: starttls, or what --smtp-url says",
  },
  "smtp-from": { value: "ADDRESS", default: "", help: "sender of the mails; needed with a mail server" },
  "smtp-client-name": {
    value: "NAME",
    default: "",
    help: "what the operator calls itself to the mail server (EHLO); empty: the domain of --smtp-from",
  },
  "mails-per-hour": {
    value: "N",
    default: "500",
    help: "mails that the installation sends within an hour, 1 to 100000; no namespace more than half of them, no object more than 20",
  },
  "smtp-timeout": {
    value: "SECONDS",
    default: "10",
    help: "how long each of DNS, connection, greeting and answer may take, 1 to 60",
  },
  "notification-allowed-domains": {
    value: "LIST",
    default: "",
    help: "domains that notifications may go to, separated by commas; empty: all",
  },
  "log-level": { value: "LEVEL", default: "info", help: "debug, info, warn or error" },
} as const satisfies Record<string, Omit<Flag, "name">>;

export type FlagName = keyof typeof FLAGS;

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
    "       node operator.cjs probe --help     asks a tenant what is taken for granted here",
    "       node operator.cjs gateway --help   keeps the published lists beside a mail server",
    "",
    ...rows,
    `${"  --version".padEnd(38)} show the version and exit`,
    `${"  --help".padEnd(38)} show this and exit`,
    "",
  ].join("\n");
}
