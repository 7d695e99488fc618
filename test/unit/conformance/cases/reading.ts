/** Lists, tables and watches. */
import {
  type Case,
  condition,
  configMap,
  configMaps,
  get,
  lease,
  leases,
  mailDomain,
  mailDomains,
  metaOf,
  one,
  PARTIAL,
  PARTIAL_LIST,
  patch,
  post,
  remove,
  secret,
  secrets,
  TABLE,
} from "./requests.ts";

export const READING: readonly Case[] = [
  one("selecting by labels", (ns) => [
    post(configMaps(ns), configMap("a", {}, { labels: { x: "1", y: "1" } })),
    post(configMaps(ns), configMap("b", {}, { labels: { x: "2" } })),
    ...["x=1", "x!=1", "x in (1,2)", "x notin (1)", "y", "!y", "x=2,!y", "nope"].map((selector) =>
      get(`${configMaps(ns)}?labelSelector=${encodeURIComponent(selector)}`, PARTIAL_LIST),
    ),
  ]),
  one("selecting by fields", (ns) => [
    post(mailDomains(ns), mailDomain("a")),
    post(mailDomains(ns), mailDomain("b", { domain: "example.net" })),
    get(`${mailDomains(ns)}?fieldSelector=metadata.name%3Da`, PARTIAL_LIST),
    get(`${mailDomains(ns)}?fieldSelector=spec.domain%3Dexample.net,metadata.name!%3Da`, PARTIAL_LIST),
  ]),
  one("pages", (ns) => [
    ...["a", "b", "c"].map((name) => post(configMaps(ns), configMap(name))),
    get(`${configMaps(ns)}?limit=2`, PARTIAL_LIST),
    post(configMaps(ns), configMap("d")),
    (answers) => get(`${configMaps(ns)}?limit=2&continue=${metaOf(answers[3]).continue}`, PARTIAL_LIST),
    get(`${configMaps(ns)}?limit=3`, PARTIAL_LIST),
  ]),
  one("metadata only", (ns) => [
    post(configMaps(ns), configMap("a", { data: { a: "b" } }, { labels: { x: "1" } })),
    get(`${configMaps(ns)}/a`, PARTIAL),
    get(configMaps(ns), PARTIAL_LIST),
    { path: `${configMaps(ns)}?watch=true&resourceVersion=0`, accept: PARTIAL, events: 1 },
  ]),
  one("tables", (ns) => [
    post(mailDomains(ns), mailDomain("a")),
    patch(`${mailDomains(ns)}/a/status`, { status: { addresses: 5, conditions: [condition] } }),
    get(mailDomains(ns), TABLE),
    get(`${mailDomains(ns)}/a`, TABLE),
    post(configMaps(ns), configMap("a")),
    get(configMaps(ns), TABLE),
    post(leases(ns), lease("a", { holderIdentity: "me" })),
    get(leases(ns), TABLE),
    post(secrets(ns), secret("a", {})),
    get(`${secrets(ns)}/a`, TABLE),
    { path: `${mailDomains(ns)}?watch=true&resourceVersion=0`, accept: TABLE, events: 1 },
  ]),
];

export const WATCHES: readonly Case[] = [
  one("a watch from a list sees what happened since", (ns) => [
    post(configMaps(ns), configMap("old")),
    get(configMaps(ns)),
    post(configMaps(ns), configMap("a")),
    patch(`${configMaps(ns)}/a`, { data: { a: "c" } }),
    remove(`${configMaps(ns)}/a`),
    (answers) => ({
      path: `${configMaps(ns)}?watch=true&resourceVersion=${metaOf(answers[1]).resourceVersion}`,
      events: 3,
    }),
  ]),
  one("objects come into and go out of a selection", (ns) => [
    get(configMaps(ns)),
    post(configMaps(ns), configMap("a")),
    patch(`${configMaps(ns)}/a`, { metadata: { labels: { x: "1" } } }),
    patch(`${configMaps(ns)}/a`, { data: { a: "c" } }),
    patch(`${configMaps(ns)}/a`, { metadata: { labels: { x: "2" } } }),
    (answers) => ({
      path: `${configMaps(ns)}?watch=true&labelSelector=x%3D1&resourceVersion=${metaOf(answers[0]).resourceVersion}`,
      events: 3,
    }),
  ]),
  one("a watch without a version begins with what is there", (ns) => [
    post(mailDomains(ns), mailDomain("a")),
    { path: `${mailDomains(ns)}?watch=true`, events: 1 },
    { path: `${mailDomains(ns)}?watch=true&resourceVersion=0`, events: 1 },
  ]),
  one("a watch with initial events says when they end", (ns) => [
    post(mailDomains(ns), mailDomain("a")),
    {
      path: `${mailDomains(ns)}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      events: 2,
    },
  ]),
  one("a watch from too old a version", (ns) => [
    post(mailDomains(ns), mailDomain("a")),
    { path: `${mailDomains(ns)}?watch=true&resourceVersion=1`, events: 1 },
  ]),
  one("a watch ends after its time", (ns) => [{ path: `${mailDomains(ns)}?watch=true&timeoutSeconds=1`, events: 1 }]),
];
