/** What the embedded server does not do is said, never done wrongly; and nothing ends it. */

import { Agent } from "node:https";
import { assert, asyncProperty, constantFrom, json, oneof, option, record, string, webPath } from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEmbedded } from "../../../dev/apiserver/index.ts";
import { type Request, send } from "../conformance/send.ts";
import { CONFIG_MAPS, configMap, messageOf, type Server, startServer, until } from "./support.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const crd = (schema: object, version: object = {}): object => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "tests.x.dev" },
  spec: {
    group: "x.dev",
    scope: "Namespaced",
    names: { kind: "Test", plural: "tests" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", ...schema } } } },
        ...version,
      },
    ],
  },
});
const rule = (text: string): object => ({ "x-kubernetes-validations": [{ rule: text }] });

describe("What is missing is named in a 501:", () => {
  it.each<[string, Request["method"], string, unknown, string | undefined]>([
    ["pods", "GET", "/api/v1/namespaces/default/pods", undefined, undefined],
    ["deployments.apps", "GET", "/apis/apps/v1/namespaces/default/deployments", undefined, undefined],
    [
      "clusterroles.rbac.authorization.k8s.io",
      "POST",
      "/apis/rbac.authorization.k8s.io/v1/clusterroles",
      {},
      undefined,
    ],
    ["OpenAPI v2", "GET", "/openapi/v2", undefined, undefined],
    ["bodies in protobuf", "POST", CONFIG_MAPS, "k8s", "application/vnd.kubernetes.protobuf"],
    ["CEL function quantity", "POST", CRDS, crd(rule("quantity('1') == self")), undefined],
    [
      "messageExpression",
      "POST",
      CRDS,
      crd({ "x-kubernetes-validations": [{ rule: "true", messageExpression: "'a'" }] }),
      undefined,
    ],
    [
      "CEL rule over a formatted string",
      "POST",
      CRDS,
      crd({ ...rule("true"), properties: { a: { type: "string", format: "date-time" } } }),
      undefined,
    ],
    ["keyword anyOf", "POST", CRDS, crd({ anyOf: [] }), undefined],
    ["format ipv4", "POST", CRDS, crd({ properties: { a: { type: "string", format: "ipv4" } } }), undefined],
    [
      "JSONPath .spec.list[*]",
      "POST",
      CRDS,
      crd({}, { additionalPrinterColumns: [{ name: "A", type: "string", jsonPath: ".spec.list[*]" }] }),
      undefined,
    ],
    ["scale subresource", "POST", CRDS, crd({}, { subresources: { scale: {} } }), undefined],
  ])("%s", async (what, method = "GET", path, body, contentType) => {
    const answer = await server.call(method, path, body, contentType);
    expect([answer.status, messageOf(answer)]).toEqual([501, expect.stringContaining(what)]);
  });

  it("server-side apply over what another manager wrote", async () => {
    await server.call("POST", CONFIG_MAPS, configMap("shared", { labels: { a: "b" } }));
    const path = `${CONFIG_MAPS}/shared?fieldManager=other`;
    const answer = await server.call("PATCH", path, configMap("shared"), "application/apply-patch+yaml");
    expect([answer.status, messageOf(answer)]).toEqual([501, expect.stringContaining("server-side apply")]);
  });
});

it("A CRD that was refused is not served", async () => {
  await server.call("POST", CRDS, crd({ anyOf: [] }));
  expect((await server.call("GET", "/apis/x.dev/v1/tests")).status).toBe(404);
});

it("No request ends it", async () => {
  const request = record({
    method: constantFrom<NonNullable<Request["method"]>>("GET", "POST", "PUT", "PATCH", "DELETE"),
    path: oneof(
      constantFrom(
        CONFIG_MAPS,
        `${CONFIG_MAPS}/x`,
        CRDS,
        "/apis/o365sync.dev/v1alpha1/namespaces/default/maildomains",
        "/api/v1/namespaces/%ZZ",
      ),
      webPath({ size: "small" }).map((path) => `/${path}`),
    ),
    body: option(oneof(json(), string()), { nil: undefined }),
    contentType: constantFrom(
      "application/json",
      "application/yaml",
      "application/merge-patch+json",
      "application/json-patch+json",
      "application/strategic-merge-patch+json",
      "application/apply-patch+yaml",
    ),
  });
  await assert(
    asyncProperty(request, async ({ method, path, body, contentType }) => {
      const { status } = await server.call(method, path, method === "GET" ? undefined : body, contentType);
      expect(status).not.toBe(500);
    }),
    { numRuns: process.env["CI_DEPTH"] === "full" ? 300 : 100 },
  );
});

it("It starts in less than 300 ms", async () => {
  const started = performance.now();
  const another = await startEmbedded();
  const took = performance.now() - started;
  await another.stop();
  expect(took).toBeLessThan(300);
});

it("It serves 1,000 objects to 10 watchers without a stall", { timeout: 90_000 }, async () => {
  const watches = await Promise.all(
    Array.from({ length: 10 }, () => server.watch("/api/v1/namespaces/kube-system/configmaps?resourceVersion=")),
  );
  // Counted in time of the processor, which other work of the machine does not lengthen.
  let longest = 0;
  let last = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.cpuUsage();
  }, 5);
  const names = Array.from({ length: 1_000 }, (_, index) => `many-${index}`);
  const agent = new Agent({ keepAlive: true, maxSockets: 10 });
  const path = "/api/v1/namespaces/kube-system/configmaps";
  for (let index = 0; index < names.length; index += 20) {
    const batch = names.slice(index, index + 20);
    await Promise.all(batch.map((name) => send(server, { method: "POST", path, body: configMap(name), agent })));
  }
  const all = await send(server, { path, agent });
  await until(() => watches.every(({ events }) => events.length === names.length));
  clearInterval(timer);
  agent.destroy();
  expect((all.body as { items: unknown[] }).items).toHaveLength(names.length);
  for (const watch of watches) watch.close();
  expect(longest).toBeLessThan(250);
});
