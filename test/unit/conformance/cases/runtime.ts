/** What else the operator needs: leases, events, discovery. */
import {
  type Case,
  coreEvents,
  event,
  events,
  type Fields,
  get,
  lease,
  leases,
  one,
  PARTIAL_LIST,
  patch,
  post,
  put,
  TABLE,
} from "./requests.ts";

export const RUNTIME: readonly Case[] = [
  one("Leases and their times", (ns) => [
    post(
      leases(ns),
      lease("a", { holderIdentity: "me", leaseDurationSeconds: 15, renewTime: "2020-01-02T03:04:05.000006Z" }),
    ),
    patch(`${leases(ns)}/a`, { spec: { renewTime: "2020-01-02T03:04:05.006Z" } }),
    patch(`${leases(ns)}/a`, { spec: { leaseDurationSeconds: 0 } }),
    patch(`${leases(ns)}/a`, { spec: { leaseTransitions: -1 } }),
    (answers) => put(`${leases(ns)}/a`, { ...(answers[0]?.body as Fields), spec: { holderIdentity: "" } }),
  ]),
  one("events, in both of their forms", (ns) => [
    post(events(ns), event("a", ns)),
    get(`${events(ns)}/a`),
    get(`${coreEvents(ns)}/a`),
    get(`${coreEvents(ns)}?fieldSelector=involvedObject.name%3Da,involvedObject.kind%3DMailDomain`, PARTIAL_LIST),
    get(coreEvents(ns), TABLE),
    patch(`${events(ns)}/a`, { series: { count: 2, lastObservedTime: "2020-01-02T03:04:06.000000Z" } }),
  ]),
  one("events that are not complete", (ns) => [
    post(events(ns), event("a", ns, { reportingController: "" })),
    post(events(ns), event("b", ns, { action: "" })),
    post(events(ns), event("c", ns, { note: "x".repeat(1025) })),
    post(events(ns), event("d", ns, { type: "Odd" })),
    post(events(ns), event("e", "other")),
    post(events(ns), event("f", ns, { eventTime: null })),
    post(coreEvents(ns), {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "h" },
      involvedObject: { kind: "X", namespace: "other" },
    }),
    post(events(ns), event("i", ns, { regarding: { kind: "X", name: "a" } })),
    post(events(ns), event("g", ns, { eventTime: "2020-01-02T03:04:05Z" })),
  ]),
];

export const DISCOVERY: readonly Case[] = [
  one("the kinds of our group", () => [get("/apis/o365sync.dev"), get("/apis/o365sync.dev/v1alpha1")]),
];
