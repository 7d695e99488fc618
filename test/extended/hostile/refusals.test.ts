/** What a real API server says when it refuses, and what becomes of it in the conditions (issue 17, point 13). Needs a real API server. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { ca, cert, key } from "../../../dev/tls/index.ts";
import { systemDeps } from "../../../src/base/deps.ts";
import { asObstacle } from "../../../src/publication/obstacle.ts";
import { loadAccess } from "../../../src/runtime/access.ts";
import { createClient } from "../../../src/runtime/client.ts";
import { CONFIG_MAP, type ConfigMap } from "../../../src/runtime/kube.ts";
import { request } from "../../support/api.ts";
import { createNamespace, useControlPlane } from "../../support/controlplane.ts";
import { createWorld } from "../../support/world.ts";

const { kind, operatorKubeconfig } = useControlPlane();
const ADMISSION = "/apis/admissionregistration.k8s.io/v1";
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Named {
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

async function make(path: string, body: Named): Promise<() => Promise<unknown>> {
  const { status, body: answer } = await request("POST", path, body);
  if (status >= 300) throw new Error(`${path}: HTTP ${status}: ${JSON.stringify(answer)}`);
  const remove = () => request("DELETE", `${path}/${body.metadata.name}`);
  undo.push(remove);
  return remove;
}

/** A quota of ConfigMaps that is used up. The controller that counts is not there: what it would write is written here. */
async function fillQuota(namespace: string): Promise<() => Promise<unknown>> {
  const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
  const hard = { "count/configmaps": "3" };
  const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "few" }, spec: { hard } };
  const remove = await make(path, quota);
  const status = { hard, used: hard };
  await request("PATCH", `${path}/few/status`, { status }, "application/merge-patch+json");
  return remove;
}

const onlyIn = (namespace: string) => ({ matchLabels: { "kubernetes.io/metadata.name": namespace } });
const RULE = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["configmaps"] };

async function makePolicy(namespace: string): Promise<() => Promise<unknown>> {
  const removePolicy = await make(`${ADMISSION}/validatingadmissionpolicies`, {
    metadata: { name: `small-${namespace}` },
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    spec: {
      failurePolicy: "Fail",
      matchConstraints: { namespaceSelector: onlyIn(namespace), resourceRules: [RULE] },
      validations: [{ expression: "false", message: "ask admin@example.com before you store lists" }],
    },
  });
  const removeBinding = await make(`${ADMISSION}/validatingadmissionpolicybindings`, {
    metadata: { name: `small-${namespace}` },
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    spec: { policyName: `small-${namespace}`, validationActions: ["Deny"] },
  });
  return async () => {
    await removeBinding();
    await removePolicy();
  };
}

async function makeWebhook(namespace: string): Promise<{ remove: () => Promise<unknown>; stop: () => Promise<void> }> {
  const server: Server = createServer({ cert, key }, (incoming, answer) => {
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
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  undo.push(stop);
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/check`;
  const remove = await make(`${ADMISSION}/validatingwebhookconfigurations`, {
    metadata: { name: `hook-${namespace}` },
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    webhooks: [
      {
        name: "lists.example.com",
        clientConfig: { url, caBundle: Buffer.from(ca).toString("base64") },
        namespaceSelector: onlyIn(namespace),
        rules: [RULE],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        timeoutSeconds: 2,
        failurePolicy: "Fail",
      },
    ],
  });
  return { remove, stop };
}

describe.skipIf(kind !== "real")("A real API server (skipped: needs KUBEBUILDER_ASSETS)", () => {
  let namespace = "";
  const client = kind === "real" ? createClient(loadAccess(operatorKubeconfig), systemDeps) : undefined;
  const configMap = (name: string, rest: Partial<ConfigMap> = {}): ConfigMap => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
    ...rest,
  });
  beforeAll(async () => {
    namespace = await createNamespace();
  });

  const refusal = async (work: () => Promise<unknown>) => {
    try {
      await work();
      return undefined;
    } catch (error) {
      return asObstacle(error);
    }
  };
  const create = (name: string, rest?: Partial<ConfigMap>) =>
    refusal(() => client?.create(CONFIG_MAP, configMap(name, rest)) ?? Promise.resolve());
  /** Admission learns of its rules a moment after they were made. */
  const untilRefused = () => expect.poll(() => create(`a-${performance.now()}`.replace(".", "-")), { timeout: 20_000 });

  it.each([
    [
      "an immutable ConfigMap",
      async () => {
        await create("fixed", { immutable: true, data: { a: "1" } });
        return refusal(
          () => client?.replace(CONFIG_MAP, configMap("fixed", { data: { a: "2" } })) ?? Promise.resolve(),
        );
      },
      { kind: "stalled", reason: "ConfigMapImmutable" },
    ],
    [
      "a ConfigMap that is too large",
      () => create("large", { data: { a: "x".repeat(1_100_000) } }),
      { kind: "stalled", reason: "ObjectTooLarge" },
    ],
    [
      "a body that is too large",
      () => create("larger", { data: { a: "x".repeat(4_000_000) } }),
      { kind: "stalled", reason: "ObjectTooLarge" },
    ],
    [
      "a name that is none",
      () => create("jane@example.com"),
      { kind: "stalled", reason: "RequestRefused", message: expect.not.stringContaining("jane") as unknown },
    ],
    [
      "a right that nobody gave",
      () =>
        refusal(
          () =>
            client?.get(
              { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true },
              { namespace, name: "a" },
            ) ?? Promise.resolve(),
        ),
      {
        kind: "stalled",
        reason: "Forbidden",
        message: expect.stringContaining('cannot get resource "pods"') as unknown,
      },
    ],
  ])("refuses %s in words that are known", async (_what, work, expected) => {
    expect(await work()).toMatchObject(expected);
  });

  it("tells a quota from a missing role", async () => {
    await fillQuota(namespace);
    await untilRefused().toMatchObject({
      kind: "stalled",
      reason: "QuotaExceeded",
      message: expect.stringContaining("exceeded quota: few, requested: count/configmaps=1") as unknown,
    });
  });

  it("tells an admission policy by its name", async () => {
    await makePolicy(namespace);
    await untilRefused().toMatchObject({
      kind: "stalled",
      reason: "AdmissionDenied",
      message: expect.stringContaining("denied request: ask … before you store lists") as unknown,
    });
  });

  it("tells a webhook that denies from one that is down", async () => {
    const { stop } = await makeWebhook(namespace);
    await untilRefused().toMatchObject({
      kind: "stalled",
      reason: "AdmissionDenied",
      message: expect.stringContaining("lists are not wanted here") as unknown,
    });
    await stop();
    const down = await create("down");
    expect(down).toMatchObject({ kind: "retry", reason: "AdmissionUnavailable" });
    expect(down?.message).toContain('failed calling webhook "lists.example.com"');
    expect(down?.message).not.toContain("/check");
  });

  it.each([
    ["a quota", fillQuota, "QuotaExceeded", "exceeded quota: few"],
    ["an admission policy", makePolicy, "AdmissionDenied", "denied request"],
    [
      "a webhook",
      async (name: string) => (await makeWebhook(name)).remove,
      "AdmissionDenied",
      "lists are not wanted here",
    ],
  ])("in a first sync: %s is told at once, and the next sync works without it", async (_what, put, reason, words) => {
    const world = await createWorld();
    try {
      await world.install();
      const take = await put(world.namespace);
      await expect
        .poll(
          async () => (await request("POST", `/api/v1/namespaces/${world.namespace}/configmaps`, configMapOf())).status,
          {
            timeout: 20_000,
          },
        )
        .toBeGreaterThanOrEqual(400);
      await world.annotate("sync", "first");
      const { status } = await world.until(
        () => world.sync(),
        ({ status }) => status?.conditions?.some((is) => is.type === "Ready" && is.reason === reason) === true,
      );
      const ready = status?.conditions?.find(({ type }) => type === "Ready");
      expect(ready?.message).toContain(words);
      expect(ready?.message).not.toContain("nothing was saved");
      await take();
      await expect
        .poll(
          async () => (await request("POST", `/api/v1/namespaces/${world.namespace}/configmaps`, configMapOf())).status,
          {
            timeout: 20_000,
          },
        )
        .toBeLessThan(300);
      const { status: healed } = await world.ask("sync", "second");
      expect(healed?.requests?.sync).toMatchObject({ state: "Succeeded" });
    } finally {
      await world.close();
    }
  });
});

const configMapOf = (): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: `probe-${performance.now()}`.replace(".", "-") },
});
