/**
 * What the people of a cluster put in the operator's way, and take away again. On a real API server each is the real
 * thing, except that nobody counts for a quota there; the embedded one answers in the words that the real one has.
 */
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { call } from "../../dev/controlplane/call.ts";
import { ca, cert, key } from "../../dev/tls/index.ts";
import type { OwnApiServer } from "./embedded.ts";
import type { ProvidedControlPlane } from "./global-setup.ts";
import { operatorRules, type Rule } from "./rights.ts";

/** Takes the obstacle away, and resolves when the API server has noticed. */
export type TakeAway = () => Promise<void>;

export interface Obstacles {
  /** A ResourceQuota of ConfigMaps that is used up. */
  quota(namespace: string): Promise<TakeAway>;
  /** A ValidatingAdmissionPolicy that denies every ConfigMap. */
  policy(namespace: string): Promise<TakeAway>;
  /** An admission webhook that denies every ConfigMap. */
  webhook(namespace: string): Promise<TakeAway>;
  /** An admission webhook that must be asked and does not answer. */
  webhookDown(namespace: string): Promise<TakeAway>;
  /** The API server resets whatever the operator asks; absent on a real one, which nobody can take away from one caller. */
  away?(): TakeAway;
  /** For one installation: its kubeconfig, and what takes a right away from it. Its files go into `folder`. */
  identity(folder: string): Promise<Identity>;
}

export interface Identity {
  readonly kubeconfig: string;
  withhold(resource: string, verb: string, namespace: string): Promise<TakeAway>;
}

const ADMISSION = "/apis/admissionregistration.k8s.io/v1";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const RULE = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["configmaps"] };
const MERGE = "application/merge-patch+json";

const onlyIn = (namespace: string) => ({ matchLabels: { "kubernetes.io/metadata.name": namespace } });

export const without = (rules: readonly Rule[], resource: string, verb: string): Rule[] =>
  rules
    .flatMap((rule) => rule.resources.map((name) => ({ ...rule, resources: [name] })))
    .map((rule) =>
      rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((name) => name !== verb) } : rule,
    )
    .filter(({ verbs }) => verbs.length > 0);

type Request = (method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: unknown) => Promise<unknown>;

const requestTo =
  (access: ProvidedControlPlane): Request =>
  async (method, path, body) => {
    const contentType = method === "PATCH" ? MERGE : "application/json";
    const answer = await call(access, { method, path, body, contentType });
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: HTTP ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };

/** Admission and rights learn of a change a moment after it was made: asks until a ConfigMap is refused, or is not. */
async function untilWritable(access: ProvidedControlPlane, namespace: string, wanted: boolean): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "probe-" } };
  const deadline = performance.now() + 20_000;
  // Twice in a row: some caches of the server are behind the others.
  for (let agreed = 0; agreed < 2; ) {
    const { status } = await call(access, { method: "POST", path: `${path}?dryRun=All`, body });
    agreed = status < 300 === wanted ? agreed + 1 : 0;
    if (performance.now() > deadline) throw new Error(`a ConfigMap is ${wanted ? "still" : "not"} refused`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

interface Named {
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

export function realObstacles(access: ProvidedControlPlane): Obstacles {
  const request = requestTo(access);
  const make = async (path: string, body: Named): Promise<() => Promise<unknown>> => {
    await request("POST", path, body);
    return () => request("DELETE", `${path}/${body.metadata.name}`);
  };
  const settled = async (namespace: string, remove: () => Promise<unknown>): Promise<TakeAway> => {
    await untilWritable(access, namespace, false);
    return async () => {
      await remove();
      await untilWritable(access, namespace, true);
    };
  };

  async function webhook(namespace: string, url: string): Promise<() => Promise<unknown>> {
    return make(`${ADMISSION}/validatingwebhookconfigurations`, {
      metadata: { name: `hook-${namespace}` },
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      webhooks: [
        {
          name: "lists.example.com",
          clientConfig: { url, caBundle: Buffer.from(ca).toString("base64") },
          namespaceSelector: onlyIn(namespace),
          rules: [RULE],
          sideEffects: "NoneOnDryRun",
          admissionReviewVersions: ["v1"],
          timeoutSeconds: 2,
          failurePolicy: "Fail",
        },
      ],
    });
  }

  return {
    async quota(namespace) {
      const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
      const hard = { "count/configmaps": "1" };
      const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "few" }, spec: { hard } };
      const remove = await make(path, quota);
      // The controller that counts is not there: what it would write is written here.
      await request("PATCH", `${path}/few/status`, { status: { hard, used: hard } });
      return settled(namespace, remove);
    },
    async policy(namespace) {
      const name = `small-${namespace}`;
      const removePolicy = await make(`${ADMISSION}/validatingadmissionpolicies`, {
        metadata: { name },
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicy",
        spec: {
          failurePolicy: "Fail",
          matchConstraints: { namespaceSelector: onlyIn(namespace), resourceRules: [RULE] },
          validations: [{ expression: "false", message: "ask the administrator before you store lists" }],
        },
      });
      const removeBinding = await make(`${ADMISSION}/validatingadmissionpolicybindings`, {
        metadata: { name },
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicyBinding",
        spec: { policyName: name, validationActions: ["Deny"] },
      });
      return settled(namespace, async () => {
        await removeBinding();
        await removePolicy();
      });
    },
    async webhook(namespace) {
      const hook = await startDenyingWebhook();
      const remove = await webhook(namespace, hook.url);
      return settled(namespace, async () => {
        await remove();
        await hook.stop();
      });
    },
    async webhookDown(namespace) {
      // Nobody listens at port 9 of loopback.
      return settled(namespace, await webhook(namespace, "https://127.0.0.1:9/check"));
    },
    identity: (folder) => createIdentity(access, folder),
  };
}

async function startDenyingWebhook() {
  const server = createServer({ cert, key }, (incoming, answer) => {
    let text = "";
    incoming.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
    incoming.on("end", () => {
      const { uid } = (JSON.parse(text) as { request: { uid: string } }).request;
      const response = { uid, allowed: false, status: { message: "lists are not wanted here" } };
      answer.setHeader("content-type", "application/json");
      answer.end(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/check`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A service account with the chart's rights, and a kubeconfig for it. */
async function createIdentity(access: ProvidedControlPlane, folder: string): Promise<Identity> {
  const request = requestTo(access);
  const { operator: rules } = operatorRules();
  const name = `hostile-${randomUUID().slice(0, 8)}`;
  const account = "/api/v1/namespaces/default/serviceaccounts";
  await request("POST", account, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  const issued = (await request("POST", `${account}/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: 3600 },
  })) as { status: { token: string } };
  const apiVersion = "rbac.authorization.k8s.io/v1";
  await request("POST", `${RBAC}/clusterroles`, { apiVersion, kind: "ClusterRole", metadata: { name }, rules });
  await request("POST", `${RBAC}/clusterrolebindings`, {
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name, namespace: "default" }],
  });
  const kubeconfig = join(folder, `${name}.kubeconfig`);
  const { server, ca: authority = "" } = access;
  const cluster = { server, "certificate-authority-data": Buffer.from(authority).toString("base64") };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "it", cluster }],
    users: [{ name, user: { token: issued.status.token } }],
    contexts: [{ name: "it", context: { cluster: "it", user: name } }],
    "current-context": "it",
  };
  await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  const grant = (all: readonly Rule[]) => request("PATCH", `${RBAC}/clusterroles/${name}`, { rules: all });
  return {
    kubeconfig,
    async withhold(resource, verb, namespace) {
      await grant(without(rules, resource, verb));
      const user = `system:serviceaccount:default:${name}`;
      const may = async (wanted: boolean): Promise<void> => {
        const resourceAttributes = { namespace, verb, resource, group: "" };
        const review = {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SubjectAccessReview",
          spec: { user, resourceAttributes },
        };
        for (let attempt = 1; ; attempt++) {
          const answer = (await request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)) as {
            status: { allowed: boolean };
          };
          if (answer.status.allowed === wanted) return;
          if (attempt === 500) throw new Error("the role did not take effect");
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      await may(false);
      return async () => {
        await grant(rules);
        await may(true);
      };
    },
  };
}

export function embeddedObstacles({ faults, access }: Pick<OwnApiServer, "faults" | "access">): Obstacles {
  const refuse = (namespace: string, method: string | undefined, status: number, reason: string, message: string) => {
    let isThere = true;
    for (const each of method === undefined ? ["POST", "PUT", "PATCH"] : [method])
      faults.add({
        method: each,
        path: new RegExp(`/namespaces/${namespace}/configmaps`),
        agent: /o365/,
        times: Number.POSITIVE_INFINITY,
        while: () => isThere,
        effect: { do: "refuse", status, reason, message },
      });
    return Promise.resolve(() => {
      isThere = false;
      return Promise.resolve();
    });
  };
  return {
    away() {
      let isAway = true;
      faults.add({
        agent: /o365/,
        times: Number.POSITIVE_INFINITY,
        while: () => isAway,
        effect: { do: "reset" },
      });
      return () => {
        isAway = false;
        return Promise.resolve();
      };
    },
    quota: (namespace) =>
      refuse(
        namespace,
        "POST",
        403,
        "Forbidden",
        'configmaps "x" is forbidden: exceeded quota: few, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1',
      ),
    policy: (namespace) =>
      refuse(
        namespace,
        undefined,
        422,
        "Invalid",
        `configmaps "x" is forbidden: ValidatingAdmissionPolicy 'small' with binding 'small' denied request: ask the administrator before you store lists`,
      ),
    webhook: (namespace) =>
      refuse(
        namespace,
        undefined,
        403,
        "Forbidden",
        'admission webhook "lists.example.com" denied the request: lists are not wanted here',
      ),
    webhookDown: (namespace) =>
      refuse(
        namespace,
        undefined,
        500,
        "InternalError",
        'Internal error occurred: failed calling webhook "lists.example.com": failed to call webhook: Post "https://127.0.0.1:9/check?timeout=2s": dial tcp 127.0.0.1:9: connect: connection refused',
      ),
    identity: () =>
      Promise.resolve({
        kubeconfig: access.operatorKubeconfig,
        withhold(resource, verb, namespace) {
          const method = { create: "POST", update: "PUT", patch: "PATCH", get: "GET" }[verb] ?? verb;
          let isThere = true;
          faults.add({
            method,
            path: new RegExp(`/namespaces/${namespace}/${resource}`),
            agent: /o365/,
            times: Number.POSITIVE_INFINITY,
            while: () => isThere,
            effect: {
              do: "refuse",
              status: 403,
              reason: "Forbidden",
              message: `${resource} "x" is forbidden: User "o365-sync-operator" cannot ${verb} resource "${resource}" in API group "" in the namespace "${namespace}"`,
            },
          });
          return Promise.resolve(() => {
            isThere = false;
            return Promise.resolve();
          });
        },
      }),
  };
}
