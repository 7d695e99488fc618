/** Sets of values that people install with, each with what makes its rendering special. */
import type { Manifest } from "./helm.ts";

const TENANT = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const CLIENT = "11111111-2222-4333-8444-555555555555";
const allow = [{ namespaces: ["mail"], tenants: [TENANT] }];

const all = (objects: readonly Manifest[], kind: string): Manifest[] => objects.filter((each) => each.kind === kind);
const text = (objects: readonly Manifest[], kind: string): string => JSON.stringify(all(objects, kind));
const has = (kind: string, part: string) => (objects: readonly Manifest[]) => text(objects, kind).includes(part);
const none = (kind: string) => (objects: readonly Manifest[]) => all(objects, kind).length === 0;
const some =
  (kind: string, count = 1) =>
  (objects: readonly Manifest[]) =>
    all(objects, kind).length === count;

export interface ValueSet {
  readonly name: string;
  readonly values: object;
  /** What must be true of the rendering. */
  readonly is: (objects: readonly Manifest[]) => boolean;
}

const set = (name: string, values: object, is: ValueSet["is"]): ValueSet => ({ name, values, is });

export const VALUE_SETS: readonly ValueSet[] = [
  set("the defaults", {}, some("CustomResourceDefinition", 2)),
  set("no CRDs", { crds: { enabled: false } }, none("CustomResourceDefinition")),
  set(
    "CRDs that go with the release",
    { crds: { keep: false } },
    (objects) => !has("CustomResourceDefinition", "helm.sh/resource-policy")(objects),
  ),
  set("one replica has no budget", { replicas: 1 }, none("PodDisruptionBudget")),
  set(
    "one replica without election",
    { replicas: 1, leaderElection: { enabled: false } },
    (objects) => has("Deployment", '"Recreate"')(objects) && !has("Role", "leases")(objects),
  ),
  set(
    "an image by digest",
    { image: { repository: "registry.example:5000/o365", digest: `sha256:${"a".repeat(64)}` } },
    (o) => has("Deployment", `registry.example:5000/o365@sha256:${"a".repeat(64)}`)(o),
  ),
  set(
    "an image by tag, from a private registry",
    {
      image: { tag: "edge", pullPolicy: "Always" },
      imagePullSecrets: [{ name: "registry" }],
    },
    has("Deployment", ":edge"),
  ),
  set(
    "two gateways, one of them outside of the cluster",
    {
      gateways: [
        { name: "mx1", namespace: "default", token: true },
        { name: "mx2", namespace: "kube-system" },
      ],
    },
    (objects) =>
      all(objects, "Role").filter(({ metadata }) => /^o365-sync-gateway-mx[12]$/.test(metadata.name)).length === 2 &&
      all(objects, "Secret").length === 1 &&
      has("Secret", "kubernetes.io/service-account-token")(objects) &&
      some("ServiceAccount", 3)(objects),
  ),
  set(
    "two namespaces",
    { watchNamespaces: ["default", "kube-system"] },
    (objects) =>
      none("ClusterRole")(objects) &&
      none("ClusterRoleBinding")(objects) &&
      // In each of the two: the operator's, and two for people; and the Lease's.
      all(objects, "Role").length === 7 &&
      has("Deployment", "--watch-namespaces=default,kube-system")(objects),
  ),
  set(
    "no roles",
    { rbac: { create: false, userRoles: false } },
    (objects) => none("ClusterRole")(objects) && none("Role")(objects),
  ),
  set(
    "a service account of one's own",
    { serviceAccount: { create: false, name: "robot" } },
    (objects) => none("ServiceAccount")(objects) && has("ClusterRoleBinding", '"robot"')(objects),
  ),
  set(
    "a new Secret for the shared app",
    {
      sharedAccess: { app: { clientId: CLIENT, clientSecret: "s3cret" }, allow },
    },
    (objects) =>
      has("Secret", Buffer.from("s3cret").toString("base64"))(objects) &&
      !has("ConfigMap", "s3cret")(objects) &&
      has("Deployment", "--shared-access=/etc/o365-sync/settings/shared-access.json")(objects),
  ),
  set(
    "an existing Secret for the shared app",
    {
      sharedAccess: { app: { clientId: CLIENT, existingSecret: "app" }, allow },
    },
    (objects) => none("Secret")(objects) && has("Deployment", '"secretName":"app"')(objects),
  ),
  set(
    "a certificate for the shared app",
    {
      sharedAccess: { app: { clientId: CLIENT, proof: "Certificate", existingSecret: "app-tls" }, allow },
    },
    has("ConfigMap", "tls.key"),
  ),
  set(
    "workload identity for the shared app",
    {
      workloadIdentity: { enabled: true, clientId: CLIENT, tenantId: TENANT },
      sharedAccess: { app: { clientId: CLIENT, proof: "WorkloadIdentity" }, allow },
    },
    (objects) =>
      has("ServiceAccount", CLIENT)(objects) && has("Deployment", '"azure.workload.identity/use":"true"')(objects),
  ),
  set(
    "workload identity lent to named client ids",
    {
      workloadIdentity: { enabled: true },
      sharedAccess: { allow: [{ namespaces: ["mail", "post"], tenants: [TENANT], clientIds: [CLIENT] }] },
    },
    has("ConfigMap", "clientIds"),
  ),
  set(
    "a simulated cloud",
    {
      cloudEndpoints: { Global: { authority: "https://localhost:1", graph: "https://localhost:1" } },
    },
    has("Deployment", "--cloud-endpoints=/etc/o365-sync/settings/cloud-endpoints.json"),
  ),
  set(
    "metrics for the Prometheus operator",
    {
      metrics: {
        serviceMonitor: { enabled: true, labels: { release: "prometheus" }, interval: "30s" },
      },
    },
    some("ServiceMonitor"),
  ),
  set(
    "no metrics at all",
    { metrics: { enabled: false } },
    (objects) => none("Service")(objects) && has("Deployment", "--metrics-bind-address=0")(objects),
  ),
  set("other ports", { metrics: { port: 9090, service: { port: 80 } }, healthPort: 9091 }, has("Deployment", "=:9091")),
  set("a network policy", { networkPolicy: { enabled: true } }, some("NetworkPolicy")),
  set(
    "a tight network policy",
    {
      networkPolicy: {
        enabled: true,
        apiServerPorts: [8443],
        metricsFrom: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
        extraEgress: [{ ports: [{ port: 3128 }], to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }],
      },
    },
    has("NetworkPolicy", "3128"),
  ),
  set(
    "a proxy and a CA",
    {
      proxy: { httpsProxy: "http://proxy.example:3128", noProxy: "10.0.0.0/8" },
      extraCa: { configMap: "company-ca" },
    },
    has("Deployment", "NODE_EXTRA_CA_CERTS"),
  ),
  set(
    "19.14: a proxy with a password, which stands in a Secret and nowhere else",
    { proxy: { httpsProxy: "http://me:p4ss@proxy.example:3128" } },
    (objects) =>
      has("Secret", Buffer.from("http://me:p4ss@proxy.example:3128").toString("base64"))(objects) &&
      !JSON.stringify(objects).includes("p4ss"),
  ),
  set(
    "an existing Secret for the proxy",
    { proxy: { existingSecret: "proxy" } },
    (objects) =>
      none("Secret")(objects) && has("Deployment", '"secretKeyRef":{"name":"proxy","key":"httpsProxy"}')(objects),
  ),
  set(
    "placed with care",
    {
      nodeSelector: { pool: "system" },
      tolerations: [{ key: "system", operator: "Exists" }],
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
      priorityClassName: "system-cluster-critical",
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "zone",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: { matchLabels: { a: "b" } },
        },
      ],
      hostAliases: [{ ip: "10.0.0.1", hostnames: ["graph.example"] }],
      dnsPolicy: "ClusterFirst",
      dnsConfig: { options: [{ name: "ndots", value: "1" }] },
    },
    has("Deployment", "DoNotSchedule"),
  ),
  set("not spread", { topologySpread: { enabled: false } }, (o) => !has("Deployment", "topologyKey")(o)),
  set(
    "every extra",
    {
      commonLabels: { team: "mail" },
      podLabels: { a: "b" },
      podAnnotations: { c: "d" },
      deploymentAnnotations: { e: "f" },
      extraArgs: ["--log-level=debug"],
      extraEnv: [{ name: "NODE_OPTIONS", value: "--max-old-space-size=400" }],
      extraVolumes: [{ name: "scratch", emptyDir: {} }],
      extraVolumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
      extraObjects: [
        {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "{{ .Release.Name }}-more", namespace: "{{ .Release.Namespace }}" },
        },
      ],
      updateStrategy: { type: "Recreate" },
    },
    (objects) =>
      has("ConfigMap", "o365-sync-operator-more")(objects) && has("PodDisruptionBudget", '"team":"mail"')(objects),
  ),
  set(
    "other names",
    { nameOverride: "sync", fullnameOverride: "recipients" },
    has("Deployment", '"name":"recipients"'),
  ),
  set("a name as long as a label may be", { nameOverride: "x".repeat(63) }, has("Pod", `"${"x".repeat(58)}-test"`)),
  set(
    "labels that the chart sets itself",
    {
      commonLabels: {
        "app.kubernetes.io/name": "mine",
        "app.kubernetes.io/component": "mine",
        "helm.sh/chart": "mine",
      },
      podLabels: { "app.kubernetes.io/instance": "mine", "azure.workload.identity/use": "true", tier: "mail" },
      podAnnotations: { "kubectl.kubernetes.io/default-container": "mine" },
      workloadIdentity: { enabled: true },
      metrics: {
        serviceMonitor: { enabled: true, labels: { "app.kubernetes.io/name": "mine" } },
        dashboard: { enabled: true, labels: { "app.kubernetes.io/instance": "mine", team: "mail" } },
      },
    },
    (objects) =>
      has("Deployment", '"tier":"mail"')(objects) &&
      has("ConfigMap", '"team":"mail"')(objects) &&
      // Where the chart has no component of its own, the user's stands.
      has("ServiceAccount", '"app.kubernetes.io/component":"mine"')(objects) &&
      has("Service", '"app.kubernetes.io/component":"metrics"')(objects) &&
      !JSON.stringify(objects).replaceAll('"app.kubernetes.io/component":"mine"', "").includes('"mine"'),
  ),
  set("a name too long", { fullnameOverride: "x".repeat(63) }, has("Deployment", "x".repeat(52))),
  set(
    "a consent link",
    { consent: { redirectUrl: "https://consent.example/o365" } },
    has("Deployment", "--consent-redirect-url=https://consent.example/o365"),
  ),
  set(
    "a mail server with a new Secret, and a proxy, behind a network policy",
    {
      smtp: { host: "mx.example", from: "sync@example.com", username: "me", password: "p4ss" },
      proxy: { httpsProxy: "http://proxy.example:3128" },
      networkPolicy: { enabled: true },
    },
    (objects) =>
      has("Secret", Buffer.from("p4ss").toString("base64"))(objects) &&
      has("Deployment", '"secretName":"o365-sync-operator-smtp"')(objects) &&
      has("NetworkPolicy", '"port":3128')(objects),
  ),
  set("a mail server", { smtp: { host: "mx.example", from: "sync@example.com" } }, (objects) => {
    return has("Deployment", "--smtp-host=mx.example")(objects) && !has("Deployment", '"smtp"')(objects);
  }),
  set(
    "a mail server with a login, behind a network policy",
    {
      smtp: { host: "mx.example", tls: "tls", from: "sync@example.com", username: "me", existingSecret: "smtp-login" },
      networkPolicy: { enabled: true },
    },
    (objects) => has("Deployment", '"secretName":"smtp-login"')(objects) && has("NetworkPolicy", '"port":465')(objects),
  ),
  set(
    "a consent page",
    {
      consent: { redirectUrl: "https://consent.example/o365", page: { enabled: true } },
      networkPolicy: { enabled: true },
    },
    (objects) =>
      has("Deployment", '"containerPort":8082')(objects) &&
      has("Service", "o365-sync-operator-consent")(objects) &&
      has("NetworkPolicy", '"port":"consent"')(objects),
  ),
  set(
    "alerts and a dashboard",
    {
      metrics: {
        prometheusRule: {
          enabled: true,
          labels: { release: "prometheus" },
          runbookBaseUrl: "https://wiki.example/o365/",
        },
        dashboard: { enabled: true },
      },
    },
    (objects) =>
      has("PrometheusRule", '"https://wiki.example/o365/docs/runbooks/O365SyncHeld.md"')(objects) &&
      has("ConfigMap", "o365sync_published_accounts")(objects),
  ),
  set("switched off", { replicas: 0 }, has("Deployment", '"replicas":0')),
  set("no helm test", { helmTest: { enabled: false } }, none("Pod")),
];
