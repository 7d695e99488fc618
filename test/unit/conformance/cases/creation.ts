/** Creating objects: what is filled in and what is refused. */
import {
  type Case,
  configMap,
  configMaps,
  get,
  mailDomain,
  mailDomains,
  one,
  patch,
  post,
  secret,
  secrets,
} from "./requests.ts";

export const CREATION: readonly Case[] = [
  one("a ConfigMap is created, read and listed", (ns) => [
    post(
      configMaps(ns),
      configMap("a", { data: { k: "v" }, binaryData: { b: "AAE=" } }, { labels: { l: "1" }, annotations: { n: "1" } }),
    ),
    get(`${configMaps(ns)}/a`),
    get(configMaps(ns)),
  ]),
  one("a name is taken once, made up when asked for, and required", (ns) => [
    post(configMaps(ns), configMap("a")),
    post(configMaps(ns), configMap("a")),
    post(mailDomains(ns), mailDomain("a")),
    post(mailDomains(ns), mailDomain("a")),
    post(configMaps(ns), configMap("")),
    post(mailDomains(ns), mailDomain("")),
  ]),
  one("bad names, labels, keys and owners", (ns) => [
    post(configMaps(ns), configMap("X_")),
    post(mailDomains(ns), mailDomain("X_")),
    post(configMaps(ns), configMap("a", { data: { "a b": "c" } })),
    post(configMaps(ns), configMap("a", {}, { labels: { "a b": "c" } })),
    post(configMaps(ns), configMap("a", {}, { labels: { a: "b c" } })),
    post(configMaps(ns), configMap("a", {}, { annotations: { "a/b/c": "" } })),
    post(
      configMaps(ns),
      configMap("a", {}, { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "" }] }),
    ),
    post(configMaps(ns), configMap("a", { data: { a: "" }, binaryData: { a: "" } })),
    post("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "a.b" } }),
  ]),
  one("another namespace than the path says, and one that is not there", (ns) => [
    post(configMaps(ns), configMap("a", {}, { namespace: "other" })),
    post(mailDomains(ns), mailDomain("a", {}, { namespace: "other" })),
    post(configMaps("not-there"), configMap("a")),
    post(mailDomains("not-there"), mailDomain("a")),
  ]),
  one("what only the server sets", (ns) => [
    post(configMaps(ns), configMap("a", {}, { uid: "x", generation: 7, creationTimestamp: "2001-01-01T00:00:00Z" })),
    post(configMaps(ns), configMap("b", {}, { resourceVersion: "5" })),
    post(mailDomains(ns), { ...mailDomain("a", {}, { generation: 7 }), status: { addresses: 5 } }),
  ]),
  one("values of the wrong type", (ns) => [
    post(configMaps(ns), configMap("a", { data: { a: 1 } })),
    post(configMaps(ns), configMap("a", { data: "x" })),
    post(configMaps(ns), configMap("a", {}, { labels: { a: 1 } })),
    post(mailDomains(ns), mailDomain("a", {}, { labels: { a: 1 } })),
    post(mailDomains(ns), { ...mailDomain("a"), spec: "x" }),
  ]),
  one("unknown fields are refused, told or dropped", (ns) => [
    post(`${configMaps(ns)}?fieldValidation=Strict`, configMap("a", { x: 1 })),
    post(`${configMaps(ns)}?fieldValidation=Warn`, configMap("a", { x: 1 })),
    post(
      `${mailDomains(ns)}?fieldValidation=Strict`,
      mailDomain("a", { x: 1, inboundServers: [{ host: "a.de", y: 1 }] }, { z: 1 }),
    ),
    post(mailDomains(ns), mailDomain("a", { x: 1 })),
    post(`${mailDomains(ns)}?fieldValidation=Ignore`, mailDomain("b", { x: 1 })),
    post(`${mailDomains(ns)}?fieldValidation=Maybe`, mailDomain("c")),
  ]),
  one("sizes", (ns) => [
    post(configMaps(ns), configMap("a", { data: { a: "x".repeat(1_048_577) } })),
    post(secrets(ns), secret("a", { stringData: { a: "x".repeat(1_048_577) } })),
    post(configMaps(ns), configMap("a", {}, { annotations: { a: "x".repeat(262_144) } })),
  ]),
  one("a dry run stores nothing", (ns) => [
    post(`${mailDomains(ns)}?dryRun=All`, mailDomain("a")),
    get(`${mailDomains(ns)}/a`),
  ]),
  one("Secrets", (ns) => [
    post(secrets(ns), secret("a", { stringData: { k: "v" } })),
    post(secrets(ns), secret("b", { type: "kubernetes.io/tls", data: { "tls.crt": "AA==" } })),
    patch(`${secrets(ns)}/a`, { type: "other" }),
    patch(`${secrets(ns)}/a`, { stringData: { k: "w" } }),
    get(`${secrets(ns)}?fieldSelector=type%3DOpaque`),
  ]),
  one("an immutable ConfigMap", (ns) => [
    post(configMaps(ns), configMap("a", { data: { a: "b" }, immutable: true })),
    patch(`${configMaps(ns)}/a`, { data: { a: "c" } }),
    patch(`${configMaps(ns)}/a`, { immutable: null }),
  ]),
];
