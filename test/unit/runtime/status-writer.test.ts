/** A status is written over one's own, never over another leader's, never into another object of the name. */
import { beforeEach, describe, expect, it } from "vitest";
import { O365_SYNC } from "../../../src/api/resources.ts";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { createStatusWriter, type StatusWriter } from "../../../src/runtime/status-writer.ts";
import { createMemoryCluster, type MemoryCluster } from "../../support/memory-cluster.ts";
import { syncSpec } from "../../support/memory-operator.ts";

const KEY = { namespace: "mail", name: "a" };
const { signal } = new AbortController();

let cluster: MemoryCluster;
let writer: StatusWriter<O365Sync>;
let read: O365Sync;
const stands = (): O365Sync => cluster.store<O365Sync>(O365_SYNC).get("mail/a") as O365Sync;
const create = () =>
  cluster.client.create<O365Sync>(O365_SYNC, {
    metadata: { ...KEY },
    spec: syncSpec("a"),
    status: { observedGeneration: -1 },
  });

beforeEach(async () => {
  cluster = createMemoryCluster(() => 0);
  writer = createStatusWriter(cluster.client, O365_SYNC);
  read = await create();
});

describe("A status", () => {
  it("is written although somebody changed the spec or an annotation meanwhile", async () => {
    cluster.edit<O365Sync>(O365_SYNC, KEY, ({ spec }) => void Object.assign(spec, { suspend: true }));
    await writer.write(read, { observedGeneration: 1 }, signal);
    expect(stands()).toMatchObject({ spec: { suspend: true }, status: { observedGeneration: 1 } });
  });

  it("is not written over one that another leader wrote meanwhile", async () => {
    const body = { status: { observedGeneration: 7 } };
    await cluster.client.patch(O365_SYNC, KEY, body, { subresource: "status", signal });
    await expect(writer.write(read, { observedGeneration: 1 }, signal)).rejects.toMatchObject({ reason: "Conflict" });
    expect(stands().status).toEqual({ observedGeneration: 7 });
  });

  it("is not written into another object that has the name by now", async () => {
    await cluster.client.delete(O365_SYNC, KEY);
    await create();
    await expect(writer.write(read, { observedGeneration: 1 }, signal)).rejects.toMatchObject({ reason: "Conflict" });
    expect(stands().status).toEqual({ observedGeneration: -1 });
  });
});
