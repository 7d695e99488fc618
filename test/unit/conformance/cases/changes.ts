/** Updating and deleting objects. */
import {
  APPLY,
  type Case,
  condition,
  configMap,
  configMaps,
  type Fields,
  get,
  JSON_PATCH,
  mailDomain,
  mailDomains,
  metaOf,
  one,
  patch,
  post,
  put,
  remove,
  STRATEGIC,
} from "./requests.ts";

export const UPDATES: readonly Case[] = [
  one("a ConfigMap is replaced, with and without its version", (ns) => [
    post(configMaps(ns), configMap("a")),
    (answers) =>
      put(
        `${configMaps(ns)}/a`,
        configMap("a", { data: { a: "c" } }, { resourceVersion: metaOf(answers[0]).resourceVersion }),
      ),
    (answers) =>
      put(
        `${configMaps(ns)}/a`,
        configMap("a", { data: { a: "d" } }, { resourceVersion: metaOf(answers[0]).resourceVersion }),
      ),
    put(`${configMaps(ns)}/a`, configMap("a", { data: { a: "e" } })),
    put(`${configMaps(ns)}/a`, configMap("b")),
    put(`${configMaps(ns)}/b`, configMap("b")),
    put(`${configMaps(ns)}/a`, configMap("a", {}, { uid: "11111111-2222-4333-8444-555555555555" })),
  ]),
  one("a custom resource is replaced with its version only", (ns) => [
    post(mailDomains(ns), mailDomain("a")),
    put(`${mailDomains(ns)}/a`, mailDomain("a", { deliveryPort: 26 })),
    (answers) =>
      put(
        `${mailDomains(ns)}/a`,
        mailDomain("a", { deliveryPort: 26 }, { resourceVersion: metaOf(answers[0]).resourceVersion }),
      ),
    (answers) =>
      put(
        `${mailDomains(ns)}/a`,
        mailDomain("a", { deliveryPort: 27 }, { resourceVersion: metaOf(answers[0]).resourceVersion }),
      ),
  ]),
  one("a patch with a version is refused when somebody wrote in between", (ns) => [
    post(mailDomains(ns), mailDomain("a")),
    patch(`${mailDomains(ns)}/a`, { spec: { deliveryPort: 26 } }),
    (answers) =>
      patch(`${mailDomains(ns)}/a`, {
        metadata: { resourceVersion: metaOf(answers[0]).resourceVersion },
        spec: { deliveryPort: 27 },
      }),
    (answers) =>
      patch(`${mailDomains(ns)}/a/status`, {
        metadata: { resourceVersion: metaOf(answers[0]).resourceVersion },
        status: { addresses: 1 },
      }),
    (answers) =>
      patch(`${mailDomains(ns)}/a/status`, {
        metadata: { resourceVersion: metaOf(answers[1]).resourceVersion },
        status: { addresses: 1 },
      }),
  ]),
  one("the generation counts changes of the spec alone", (ns) => [
    post(mailDomains(ns), mailDomain("a")),
    patch(`${mailDomains(ns)}/a`, { metadata: { labels: { x: "y" } } }),
    patch(`${mailDomains(ns)}/a/status`, { status: { conditions: [condition] } }),
    patch(`${mailDomains(ns)}/a`, { spec: { deliveryPort: 26 } }),
    patch(`${mailDomains(ns)}/a`, { spec: { deliveryPort: 26 } }),
  ]),
  one("status and spec are written apart", (ns) => [
    post(mailDomains(ns), mailDomain("a")),
    patch(`${mailDomains(ns)}/a`, { status: { addresses: 5 } }),
    patch(`${mailDomains(ns)}/a/status`, {
      spec: { deliveryPort: 5 },
      metadata: { labels: { x: "y" } },
      status: { addresses: 5 },
    }),
    patch(`${mailDomains(ns)}/a/status`, { status: null }),
    get(`${mailDomains(ns)}/a/status`),
    (answers) =>
      put(`${mailDomains(ns)}/a/status`, { ...(answers[4]?.body as Fields), status: { conditions: [condition] } }),
    patch(`${mailDomains(ns)}/b/status`, { status: { addresses: 5 } }),
  ]),
  one("patches in every language", (ns) => [
    post(configMaps(ns), configMap("a", { data: { a: "1", b: "2" } })),
    patch(`${configMaps(ns)}/a`, { data: { a: null, c: "3" } }),
    patch(`${configMaps(ns)}/a`, { data: { b: null, d: "4" }, metadata: { finalizers: ["x.dev/a"] } }, STRATEGIC),
    patch(`${configMaps(ns)}/a`, { metadata: { finalizers: ["x.dev/b"] } }, STRATEGIC),
    patch(`${configMaps(ns)}/a`, [{ op: "add", path: "/data/e~1f", value: "5" }], JSON_PATCH),
    patch(`${configMaps(ns)}/a`, [{ op: "replace", path: "/data", value: { g: "6" } }], JSON_PATCH),
    patch(`${configMaps(ns)}/a`, [{ op: "test", path: "/data/g", value: "no" }], JSON_PATCH),
    patch(`${configMaps(ns)}/a`, [{ op: "remove", path: "/data/nope" }], JSON_PATCH),
    patch(`${configMaps(ns)}/a`, [{ op: "remove", path: "/metadata/finalizers" }], JSON_PATCH),
    patch(`${configMaps(ns)}/a`, "{bad"),
    patch(`${configMaps(ns)}/nope`, { data: {} }),
    patch(`${mailDomains(ns)}/nope`, { spec: {} }),
  ]),
  one("a patch to something invalid", (ns) => [
    post(mailDomains(ns), mailDomain("a")),
    patch(`${mailDomains(ns)}/a`, { spec: { deliveryPort: 0 } }),
    patch(`${mailDomains(ns)}/a`, { spec: { domain: null } }),
    patch(`${mailDomains(ns)}/a`, { metadata: { name: "b" } }),
    patch(`${mailDomains(ns)}/a?fieldValidation=Strict`, { spec: { x: 1 } }),
    patch(`${mailDomains(ns)}/a`, { spec: { deliveryPort: null } }),
  ]),
  one("who wrote which field is kept", (ns) => [
    post(
      `${mailDomains(ns)}?fieldManager=first`,
      mailDomain("a", { inboundServers: [{ host: "a.de" }] }, { annotations: { "o365sync.dev/sync": "1" } }),
    ),
    patch(`${mailDomains(ns)}/a?fieldManager=second`, { metadata: { annotations: { "o365sync.dev/sync": "2" } } }),
    patch(`${mailDomains(ns)}/a?fieldManager=third`, {
      metadata: { labels: { a: "b" } },
      spec: { deliveryPort: 26, inboundServers: [{ host: "b.de" }] },
    }),
    patch(`${mailDomains(ns)}/a?fieldManager=second`, { metadata: { annotations: { "o365sync.dev/sync": null } } }),
    patch(`${mailDomains(ns)}/a/status?fieldManager=operator`, { status: { conditions: [condition] } }),
  ]),
  one("server-side apply of a new object", (ns) => [
    patch(`${mailDomains(ns)}/a?fieldManager=first`, JSON.stringify(mailDomain("a")), APPLY),
    patch(`${mailDomains(ns)}/a?fieldManager=first`, JSON.stringify(mailDomain("a", { deliveryPort: 26 })), APPLY),
    patch(`${mailDomains(ns)}/a?fieldManager=first`, JSON.stringify(mailDomain("a")), APPLY),
  ]),
];

export const DELETION: readonly Case[] = [
  one("deleting", (ns) => [
    post(configMaps(ns), configMap("a")),
    remove(`${configMaps(ns)}/a`),
    remove(`${configMaps(ns)}/a`),
    post(mailDomains(ns), mailDomain("a")),
    remove(`${mailDomains(ns)}/a`),
    remove(`${mailDomains(ns)}/a`),
  ]),
  one("deleting under conditions", (ns) => [
    post(configMaps(ns), configMap("a")),
    remove(`${configMaps(ns)}/a`, {
      kind: "DeleteOptions",
      apiVersion: "v1",
      preconditions: { uid: "11111111-2222-4333-8444-555555555555" },
    }),
    remove(`${configMaps(ns)}/a`, { kind: "DeleteOptions", apiVersion: "v1", preconditions: { resourceVersion: "1" } }),
    (answers) =>
      remove(`${configMaps(ns)}/a?propagationPolicy=Background`, {
        kind: "DeleteOptions",
        apiVersion: "v1",
        preconditions: { uid: metaOf(answers[0]).uid },
      }),
  ]),
  one("deleting a custom resource under conditions", (ns) => [
    post(mailDomains(ns), mailDomain("a")),
    remove(`${mailDomains(ns)}/a`, {
      kind: "DeleteOptions",
      apiVersion: "v1",
      preconditions: { resourceVersion: "1" },
    }),
  ]),
  one("finalizers hold an object", (ns) => [
    post(mailDomains(ns), mailDomain("a", {}, { finalizers: ["x.dev/a"] })),
    remove(`${mailDomains(ns)}/a`),
    remove(`${mailDomains(ns)}/a`),
    patch(`${mailDomains(ns)}/a`, { metadata: { finalizers: ["x.dev/a", "x.dev/b"] } }),
    patch(`${mailDomains(ns)}/a`, { metadata: { finalizers: null } }),
    get(`${mailDomains(ns)}/a`),
  ]),
  one("deleting a collection", (ns) => [
    post(configMaps(ns), configMap("a", {}, { labels: { x: "1" } })),
    post(configMaps(ns), configMap("b", {}, { labels: { x: "2" } })),
    remove(`${configMaps(ns)}?labelSelector=x%3D1`),
    get(configMaps(ns)),
  ]),
];
