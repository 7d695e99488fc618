/** What no client should send, and what it is told. */
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
  put,
  remove,
  STRATEGIC,
} from "./requests.ts";

export const BAD_INPUT: readonly Case[] = [
  one("malformed JSON", (ns) => [post(configMaps(ns), "{bad"), post(mailDomains(ns), "{bad")]),
  one("a body that is no object", (ns) => [post(configMaps(ns), "[]"), post(mailDomains(ns), '"x"')]),
  one("an empty body", (ns) => [post(configMaps(ns), ""), post(mailDomains(ns), "")]),
  one("a content type that is not known", (ns) => [
    post(configMaps(ns), "{}", "text/html"),
    post(mailDomains(ns), "{}", "text/html"),
    patch(`${configMaps(ns)}/x`, {}, "application/json"),
    patch(`${mailDomains(ns)}/x`, {}, STRATEGIC),
  ]),
  one("a body of more than 3 MiB", (ns) => [
    post(configMaps(ns), configMap("x", { data: { a: "x".repeat(3_200_000) } })),
  ]),
  one("paths that are not known", (ns) => [
    get("/foo"),
    get("/api/v1/foos"),
    get(`/api/v1/namespaces/${ns}/foos/x`),
    get("/apis/foo.dev/v1/bars"),
    get("/apis/o365sync.dev/v1alpha1/foos"),
    get("/apis/o365sync.dev/v9/maildomains"),
    get(`${mailDomains(ns)}/x/scale`),
    get(`${configMaps(ns)}/x/status`),
  ]),
  one("methods that are not allowed", (ns) => [
    put(configMaps(ns), configMap("x")),
    post(`${configMaps(ns)}/x`, configMap("x")),
    post("/api/v1/configmaps", configMap("x")),
    remove("/api/v1/configmaps"),
    remove(`${mailDomains(ns)}/x/status`),
  ]),
  one("no token, and a wrong one", () => [{ path: "/api/v1/namespaces", token: "wrong" }]),
  one("another kind than the path says", (ns) => [
    post(configMaps(ns), { ...configMap("x"), kind: "Namespace" }),
    post(configMaps(ns), { ...configMap("x"), apiVersion: "v2" }),
    post(mailDomains(ns), { ...mailDomain("x"), kind: "O365Sync" }),
    post(mailDomains(ns), { ...mailDomain("x"), apiVersion: "o365sync.dev/v2" }),
  ]),
  one("an accepted type that is not served", (ns) => [get(configMaps(ns), "text/html")]),
  one("selectors that do not parse", (ns) =>
    ["labelSelector=a%3D%3D%3Db", "labelSelector=!", "fieldSelector=data.x%3Db", "fieldSelector=x"].map((query) =>
      get(`${configMaps(ns)}?${query}`),
    ),
  ),
  one("a field that a custom resource cannot be selected by", (ns) => [
    get(`${mailDomains(ns)}?fieldSelector=spec.x%3Db`),
  ]),
  one("a resource version that is none, or not yet", (ns) => [
    get(`${configMaps(ns)}?resourceVersion=abc`),
    get(`${configMaps(ns)}?resourceVersion=abc&watch=true`),
    get(`${configMaps(ns)}?continue=abc`),
  ]),
];
