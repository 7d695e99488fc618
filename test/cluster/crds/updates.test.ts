/** What may change after creation, and how the status is kept apart. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Status } from "../../../src/runtime/kube.ts";
import { request } from "../../support/api.ts";
import { createNamespace } from "../../support/controlplane.ts";
import { collection, mailDomain, o365Sync, type TestObject } from "./objects.ts";

const MERGE = "application/merge-patch+json";
const domain = mailDomain();
const sync = o365Sync();

let namespace: string;
beforeAll(async () => {
  namespace = await createNamespace();
  for (const object of [domain, sync]) {
    const { status, body } = await request("POST", collection(object, namespace), object);
    expect(status, JSON.stringify(body)).toBe(201);
  }
});

function patch(object: TestObject, changes: object, subresource = "") {
  return request("PATCH", `${collection(object, namespace)}/${object.metadata.name}${subresource}`, changes, MERGE);
}

describe("An update", () => {
  it.each([
    [
      "domain",
      domain,
      { domain: "example.net" },
      "spec.domain",
      "must not change; make another MailDomain for another domain; to mend a typo, delete this one and apply it corrected (what is published stays, unless deletionPolicy is Delete)",
    ],
    [
      "domainRef",
      sync,
      { domainRef: { name: "other" } },
      "spec.domainRef",
      "must not change; make another O365Sync for another domain; to mend a typo, delete this one and apply it corrected (what is published stays, unless output.deletionPolicy is Delete)",
    ],
  ])("cannot change %s", async (_field, object, spec, field, text) => {
    const { status, body } = await patch(object, { spec });
    expect(status).toBe(422);
    expect((body as Status).message).toContain(`${field}: `);
    expect((body as Status).message).toContain(text);
  });

  it.each([
    ["serverType", domain, { serverType: "Exchange" }],
    ["tenantId", sync, { tenantId: "other.onmicrosoft.com" }],
  ])("can change %s", async (_field, object, spec) => {
    const { status, body } = await patch(object, { spec });
    expect(status).toBe(200);
    expect((body as TestObject).spec).toMatchObject(spec);
  });
});

const time = "2026-03-01T06:00:00Z";
const changes = { accountAdds: 1, accountDeletes: 2, aliasAdds: 3, aliasDeletes: 4, total: 10 };
const request1 = { token: "1", id: "r1", state: "Succeeded", reason: "Succeeded", message: "", time };
const condition = { type: "Ready", status: "True", reason: "Succeeded", message: "", lastTransitionTime: time };

/** Every field: one that the schema does not know would be dropped without a word. */
const SYNC_STATUS = {
  observedGeneration: 1,
  domain: "example.com",
  conditions: [{ ...condition, observedGeneration: 1 }],
  consentUrl: "https://login.microsoftonline.com/t/v2.0/adminconsent",
  schedule: {
    times: ["03:17"],
    timeZone: "UTC",
    summary: "03:17 UTC",
    since: time,
    nextTime: time,
    lastSlotTime: time,
    lastMissedTime: time,
    missedSlots: 1,
  },
  lastSync: {
    id: "r1",
    trigger: "Schedule",
    token: "1",
    slotTime: time,
    attempts: 2,
    startTime: time,
    completionTime: time,
    retryTime: time,
    result: "Failed",
    reason: "Throttled",
    message: "later",
    read: { users: 1, groups: 2, contacts: 3, requests: 4 },
    changes,
    dropped: { quoted: 1, nonAscii: 1, blanks: 1, localPartTooLong: 1, tooLong: 1, noAt: 1, sourceRoute: 1 },
    conflicts: 1,
  },
  retry: { id: "r1", trigger: "Schedule", token: "1", slotTime: time, attempts: 2, time },
  lastSuccessfulTime: time,
  accountsHash: "a-b",
  verifiedHash: "c",
  published: {
    revision: "sha256:00",
    time,
    accounts: 1,
    distributionLists: 1,
    aliases: 1,
    addresses: 4,
    shards: 2,
    previousShards: 1,
    previousUntil: time,
  },
  held: {
    planDigest: "0123456789abcdef0123",
    reason: "DeletionGuard",
    since: time,
    approvable: true,
    violations: [{ limit: "DeletionGuard", allowed: 10, actual: 11 }],
    changes,
  },
  requests: { sync: request1, testSync: request1, testConnection: request1, approve: request1 },
  handledSync: "1",
  handledTestSync: "1",
  handledTestConnection: "1",
  handledApprove: "1",
  history: [{ id: "r1", time, trigger: "Manual", test: true, result: "Succeeded", summary: "1 added", changes }],
};

const DOMAIN_STATUS = {
  observedGeneration: 1,
  conditions: [condition],
  domain: "example.com",
  addresses: 4,
  lastSuccessfulTime: time,
  syncs: [{ name: "example-com", ready: true, addresses: 4 }],
  routing: { configMap: "example-com-routing", revision: "sha256:00" },
};

describe("The status", () => {
  it.each([
    ["MailDomain", domain, DOMAIN_STATUS],
    ["O365Sync", sync, SYNC_STATUS],
  ])("of a %s keeps every field that the operator writes", async (_kind, object, status) => {
    const answer = await patch(object, { status }, "/status");
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect((answer.body as TestObject).status).toEqual(status);
  });

  it("is not written by an update of the object", async () => {
    const { body } = await patch(sync, { status: { domain: "other.example" } });
    expect((body as TestObject).status?.["domain"]).not.toBe("other.example");
  });

  it.each([
    ["an unknown trigger", { lastSync: { id: "r", trigger: "Cron", startTime: time } }, "status.lastSync.trigger"],
    ["an unknown result", { lastSync: { ...SYNC_STATUS.lastSync, result: "Done" } }, "status.lastSync.result"],
    ["a fraction", { held: { ...SYNC_STATUS.held, violations: [{ limit: "a", allowed: 1.5, actual: 2 }] } }, "allowed"],
    ["six records", { history: Array.from({ length: 6 }, () => SYNC_STATUS.history[0]) }, "status.history"],
    ["a token of 129 characters", { handledSync: "a".repeat(129) }, "status.handledSync"],
    ["a time that is none", { lastSuccessfulTime: "yesterday" }, "status.lastSuccessfulTime"],
  ])("is refused with %s", async (_what, status, field) => {
    const answer = await patch(sync, { status }, "/status");
    expect(answer.status).toBe(422);
    expect((answer.body as Status).message).toContain(field);
  });
});

describe("Field selectors", () => {
  it.each([
    [domain, "spec.domain=example.com", 1],
    [domain, "spec.serverType=GoogleWorkspace", 0],
    [sync, "spec.domainRef.name=example-com", 1],
    [sync, "spec.tenantId=unknown.example", 0],
  ])("find objects by %s, %s", async (object, selector, count) => {
    const path = `${collection(object, namespace)}?fieldSelector=${encodeURIComponent(selector)}`;
    const { body } = await request("GET", path);
    expect((body as { items: unknown[] }).items).toHaveLength(count);
  });
});
