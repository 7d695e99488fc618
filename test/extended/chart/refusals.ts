/** Values that must not be installed with, and what the refusal says. */

export const REFUSED_BY_SCHEMA: readonly (readonly [name: string, values: object, says: RegExp])[] = [
  ["a name that does not exist", { replicaCount: 2 }, /replicaCount/],
  ["a nested name that does not exist", { image: { registry: "x" } }, /registry/],
  ["replicas as text", { replicas: "2" }, /replicas/],
  ["too many replicas", { replicas: 11 }, /replicas/],
  ["half a replica", { replicas: 1.5 }, /replicas/],
  ["no repository", { image: { repository: "" } }, /repository/],
  ["a repository in capitals", { image: { repository: "Registry/Image" } }, /repository/],
  ["a short digest", { image: { digest: "sha256:abc" } }, /digest/],
  ["a digest without its algorithm", { image: { digest: "a".repeat(64) } }, /digest/],
  ["a tag with a blank", { image: { tag: "one two" } }, /tag/],
  ["an unknown pull policy", { image: { pullPolicy: "Sometimes" } }, /pullPolicy/],
  ["a pull secret by its bare name", { imagePullSecrets: ["registry"] }, /imagePullSecrets/],
  ["a namespace in capitals", { watchNamespaces: ["Mail"] }, /watchNamespaces/],
  ["a namespace twice", { watchNamespaces: ["mail", "mail"] }, /watchNamespaces/],
  ["namespaces as text", { watchNamespaces: "mail,post" }, /watchNamespaces/],
  ["no syncs at once", { concurrentSyncs: 0 }, /concurrentSyncs/],
  ["a timeout of a second", { syncTimeoutSeconds: 1 }, /syncTimeoutSeconds/],
  ["no manual runs", { manualRunsPerHour: 0 }, /manualRunsPerHour/],
  ["more than all", { maxDeletionPercent: 101 }, /maxDeletionPercent/],
  ["an unknown log level", { logLevel: "trace" }, /logLevel/],
  ["an unknown cloud", { cloudEndpoints: { Germany: {} } }, /Germany/],
  ["an endpoint without TLS", { cloudEndpoints: { Global: { graph: "http://graph" } } }, /graph/],
  ["a client id that is no GUID", { sharedAccess: { app: { clientId: "my-app" } } }, /clientId/],
  ["an unknown proof", { sharedAccess: { app: { proof: "Password" } } }, /proof/],
  ["a grant to no namespace", { sharedAccess: { allow: [{ namespaces: [], tenants: [] }] } }, /namespaces/],
  [
    "a grant for a tenant by domain name",
    { sharedAccess: { allow: [{ namespaces: ["mail"], tenants: ["contoso.com"] }] } },
    /tenants/,
  ],
  ["a privileged port", { metrics: { port: 80 } }, /port/],
  ["an interval without unit", { metrics: { serviceMonitor: { interval: "60" } } }, /interval/],
  ["a redirect URL without scheme", { consent: { redirectUrl: "consent.example" } }, /redirectUrl/],
  ["a switch as text", { crds: { keep: "yes" } }, /keep/],
  ["a label that is a number", { podLabels: { version: 2 } }, /podLabels/],
  ["a flag without dashes", { extraArgs: ["log-level=debug"] }, /extraArgs/],
  ["a grace period without grace", { terminationGracePeriodSeconds: 0 }, /terminationGracePeriodSeconds/],
];

const CLIENT = "11111111-2222-4333-8444-555555555555";
const allow = [{ namespaces: ["mail"], tenants: [CLIENT] }];

/** What a schema cannot say: values that contradict each other. */
export const CONTRADICTIONS: readonly (readonly [name: string, values: object, says: RegExp])[] = [
  [
    "two passwords",
    { smtp: { host: "mx", from: "a@b.cd", username: "me", existingSecret: "s", password: "p" } },
    /not both/,
  ],
  [
    "two proxies",
    { proxy: { httpsProxy: "http://proxy:1", existingSecret: "s" } },
    /proxy: set existingSecret or httpsProxy, not both/,
  ],
  ["a mail server without a sender", { smtp: { host: "mx" } }, /smtp\.from: needed with smtp\.host/],
  [
    "a mail login without its password",
    { smtp: { host: "mx", from: "a@b.cd", username: "me" } },
    /smtp\.existingSecret: needed with smtp\.username/,
  ],
  [
    "a mail login in the clear",
    { smtp: { host: "mx", from: "a@b.cd", tls: "none", username: "me", existingSecret: "s" } },
    /smtp\.tls: none would send the password in the clear/,
  ],
  ["a page without its URL", { consent: { page: { enabled: true } } }, /consent\.page: needs consent\.redirectUrl/],
  ["two writers", { leaderElection: { enabled: false } }, /more than one needs leaderElection\.enabled/],
  ["an app without its secret", { sharedAccess: { app: { clientId: CLIENT }, allow } }, /set existingSecret/],
  [
    "a certificate without its Secret",
    { sharedAccess: { app: { clientId: CLIENT, proof: "Certificate" }, allow } },
    /Certificate needs existingSecret/,
  ],
  [
    "a Secret that exists and is to be made",
    { sharedAccess: { app: { clientId: CLIENT, existingSecret: "a", clientSecret: "b" }, allow } },
    /not both/,
  ],
  [
    "an identity that no webhook brings",
    { sharedAccess: { app: { clientId: CLIENT, proof: "WorkloadIdentity" }, allow } },
    /needs workloadIdentity\.enabled/,
  ],
  ["an app for nobody", { sharedAccess: { app: { clientId: CLIENT, existingSecret: "a" } } }, /nobody may use/],
  ["a grant without an app", { sharedAccess: { allow } }, /allow\[0\]\.clientIds: required/],
  ["two servers on one port", { metrics: { port: 8081 } }, /healthPort, metrics\.port and consent\.page\.port: each/],
  [
    "a page on the port of metrics",
    { consent: { redirectUrl: "https://c.example/o365", page: { enabled: true, port: 8080 } } },
    /each needs a port of its own/,
  ],
  [
    "a monitor of nothing",
    { metrics: { enabled: false, serviceMonitor: { enabled: true } } },
    /needs metrics\.enabled/,
  ],
];
