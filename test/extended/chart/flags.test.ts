/** Every flag of the operator can be set from the chart, and the operator takes what the chart writes. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/config/config.ts";
import { FLAGS, type FlagName } from "../../../src/config/flags.ts";
import { container, helm, render } from "./helm.ts";
import { VALUE_SETS } from "./value-sets.ts";

const CLIENT = "11111111-2222-4333-8444-555555555555";

const SMTP = { host: "mx.example", from: "sync@example.com" };

/** By flag: values that set it, and the argument that comes of them. */
const REACHED: Readonly<Record<FlagName, readonly [values: object, argument: string]>> = {
  // In a pod it is the service account; whoever wants another way takes the general one.
  kubeconfig: [{ extraArgs: ["--kubeconfig=/k"] }, "--kubeconfig=/k"],
  "watch-namespaces": [{ watchNamespaces: ["mail", "post"] }, "--watch-namespaces=mail,post"],
  "cloud-endpoints": [
    { cloudEndpoints: { China: { graph: "https://g" } } },
    "--cloud-endpoints=/etc/o365-sync/settings/cloud-endpoints.json",
  ],
  "shared-access": [
    { sharedAccess: { allow: [{ namespaces: ["mail"], tenants: [CLIENT], clientIds: [CLIENT] }] } },
    "--shared-access=/etc/o365-sync/settings/shared-access.json",
  ],
  "own-secrets": [
    { smtp: { ...SMTP, username: "me", existingSecret: "smtp" } },
    `--own-secrets=${["o365-sync-operator-app", "o365-sync-operator-smtp", "o365-sync-operator-proxy", "smtp"].map((name) => `default/${name}`).join(",")}`,
  ],
  "watch-secrets": [{ watchSecrets: true }, "--watch-secrets"],
  "concurrent-syncs": [{ concurrentSyncs: 8 }, "--concurrent-syncs=8"],
  "leader-elect": [{}, "--leader-elect"],
  "leader-election-namespace": [{}, "--leader-election-namespace=default"],
  "leader-election-id": [{ leaderElection: { leaseName: "mine" } }, "--leader-election-id=mine"],
  "metrics-bind-address": [{ metrics: { port: 9090 } }, "--metrics-bind-address=:9090"],
  "health-probe-bind-address": [{ healthPort: 9091 }, "--health-probe-bind-address=:9091"],
  "consent-redirect-url": [
    { consent: { redirectUrl: "https://c.example" } },
    "--consent-redirect-url=https://c.example",
  ],
  "consent-bind-address": [
    { consent: { redirectUrl: "https://c.example", page: { enabled: true, port: 9092 } } },
    "--consent-bind-address=:9092",
  ],
  "sync-timeout": [{ syncTimeoutSeconds: 60 }, "--sync-timeout=60"],
  "manual-runs-per-hour": [{ manualRunsPerHour: 5 }, "--manual-runs-per-hour=5"],
  "max-deletion-percent": [{ maxDeletionPercent: 20 }, "--max-deletion-percent=20"],
  // Host, login and all in one text would put the password into the pod's arguments: whoever wants it sets SMTP_URL.
  "smtp-url": [{ extraArgs: ["--smtp-url=smtp://mx"] }, "--smtp-url=smtp://mx"],
  "smtp-host": [{ smtp: SMTP }, "--smtp-host=mx.example"],
  "smtp-port": [{ smtp: { ...SMTP, port: 2525 } }, "--smtp-port=2525"],
  "smtp-username": [{ smtp: { ...SMTP, username: "me", existingSecret: "smtp" } }, "--smtp-username=me"],
  "smtp-password-file": [
    { smtp: { ...SMTP, username: "me", existingSecret: "smtp" } },
    "--smtp-password-file=/etc/o365-sync/smtp/password",
  ],
  "smtp-tls": [{ smtp: { ...SMTP, tls: "tls" } }, "--smtp-tls=tls"],
  "smtp-from": [{ smtp: SMTP }, "--smtp-from=sync@example.com"],
  "smtp-client-name": [{ smtp: { ...SMTP, clientName: "pod.example.com" } }, "--smtp-client-name=pod.example.com"],
  "mails-per-hour": [{ smtp: { ...SMTP, mailsPerHour: 50 } }, "--mails-per-hour=50"],
  "smtp-timeout": [{ smtp: { ...SMTP, timeoutSeconds: 5 } }, "--smtp-timeout=5"],
  "notification-allowed-domains": [
    { smtp: { allowedDomains: ["example.com", "example.net"] } },
    "--notification-allowed-domains=example.com,example.net",
  ],
  "log-level": [{ logLevel: "debug" }, "--log-level=debug"],
};

const argsOf = (values: object): readonly string[] => container(render(values)).args;

describe.skipIf(helm === undefined)("The chart's flags", () => {
  it("are all that --help names", () => {
    expect(Object.keys(REACHED).sort()).toEqual(Object.keys(FLAGS).sort());
  });

  it.each(Object.entries(REACHED))("set --%s", (_, [values, argument]) => {
    expect(argsOf(values)).toContain(argument);
  });

  it("without a value are the operator's own defaults, but for the election", () => {
    const ours = parseConfig(argsOf({}), {});
    const theirs = parseConfig([], {});
    if (typeof ours === "string" || typeof theirs === "string") throw new Error("help was asked for");
    // Its Secrets have names of their own, which no namespace user may refer to.
    const ownSecrets = ["app", "smtp", "proxy"].map((what) => `default/o365-sync-operator-${what}`);
    expect(ours).toEqual({ ...theirs, leaderElect: true, leaderElectionNamespace: "default", ownSecrets });
  });

  it.each(VALUE_SETS)("are understood, with $name", ({ values }) => {
    expect(() => parseConfig(argsOf(values), {})).not.toThrow();
  });
});
