/** What keeps a routing ConfigMap from being written stands in its MailDomain, and heals when it is gone (issue "true now", point 12). */
import { beforeEach, describe, expect, it } from "vitest";
import type { Status } from "../../../src/runtime/kube.ts";
import { ApiError, type Client } from "../../../src/runtime/types.ts";
import { createTown, type Town } from "../../support/memory-town.ts";

const FIRST = [{ host: "mx.a.test", preference: 10 }];
const NEXT = [{ host: "new.a.test", preference: 10 }];

let town: Town;
/** What the API server answers to writes of the routing ConfigMap. */
let refusal: ApiError | undefined;

beforeEach(async () => {
  town = await createTown();
  refusal = undefined;
  const { client } = town.cluster;
  const through: Client["replace"] = (type, object, options) =>
    refusal !== undefined && object.metadata.name === "a-routing"
      ? Promise.reject(refusal)
      : client.replace(type, object, options);
  town.restart({ ...client, replace: through });
  town.people.set("id", ["user@a.test"]);
  await town.addDomain("a", { domain: "a.test", inboundServers: FIRST });
  await town.addSync("a", "a");
  town.ask("a", "sync", "first");
  await town.work();
  town.gateway.expectAlways(town.gateway.accepted());
});

const conditions = (): string[] =>
  (town.domain("a")?.status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status}/${reason}`);
const message = (): string | undefined => town.domain("a")?.status?.conditions?.[0]?.message;
const answer = (status: number, reason: string, said: string): ApiError =>
  new ApiError(`PUT configmaps/mail/a-routing: ${status} ${reason}: ${said}`, status, reason, {
    message: said,
    reason,
    code: status,
  } as Status);
const look = (): Promise<unknown> => town.look("domain", "a").catch((error: unknown) => error);

describe("A routing that may not be written", () => {
  it.each([
    [
      403,
      "Forbidden",
      'configmaps "a-routing" is forbidden: User "x" cannot update resource "configmaps"',
      "Forbidden",
    ],
    [
      403,
      "Forbidden",
      'configmaps "a-routing" is forbidden: exceeded quota: small, requested: count/configmaps=1',
      "QuotaExceeded",
    ],
    [422, "Invalid", "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", "AdmissionDenied"],
    [422, "Invalid", "data: Forbidden: field is immutable when `immutable` is set", "ConfigMapImmutable"],
    [403, "Forbidden", 'admission webhook "w.test" denied the request: no', "AdmissionDenied"],
  ])("(%d %s: %s) is told at once", async (status, reason, said, told) => {
    refusal = answer(status, reason, said);
    town.editDomain("a", { inboundServers: NEXT });
    const events = town.events.length;
    expect(await look()).toBe(refusal);
    expect(conditions()).toEqual([`Ready=False/${told}`, `Stalled=True/${told}`]);
    expect(message()).toContain(said);
    expect(message()).toContain("what is routed stays so");
    expect(town.events.slice(events)).toEqual([expect.stringContaining(`${told}: the routing is not up to date`)]);
    // Told once: nothing is written again while it lasts.
    const { resourceVersion } = town.domain("a")?.metadata ?? {};
    await look();
    expect(town.domain("a")?.metadata.resourceVersion).toBe(resourceVersion);
    refusal = undefined;
    await town.work();
    expect(conditions()).toEqual(["Ready=True/Routed"]);
    expect(town.configMap("a-routing")?.data?.["transport"]).toBe("a.test smtp:[new.a.test]:25\n");
  });

  it.each([
    [500, "InternalError"],
    [503, "ServiceUnavailable"],
    [409, "Conflict"],
  ])("(%d %s) is told when it lasts a minute", async (status, reason) => {
    refusal = answer(status, reason, "later");
    town.editDomain("a", { inboundServers: NEXT });
    expect(await look()).toBe(refusal);
    expect(conditions()).toEqual(["Ready=True/Routed"]);
    town.now += 60_000;
    await look();
    expect(conditions()).toEqual([`Ready=False/${status === 409 ? "Conflict" : "KubernetesAPI"}`]);
    refusal = undefined;
    await town.work();
    expect(conditions()).toEqual(["Ready=True/Routed"]);
  });

  it.each([
    ["ahead", 6 * 3_600_000],
    ["back", -6 * 3_600_000],
  ])("is told after a minute that has passed, wherever the wall clock was set meanwhile: %s", async (_, wrong) => {
    refusal = answer(503, "ServiceUnavailable", "later");
    town.editDomain("a", { inboundServers: NEXT });
    await look();
    town.wrong = wrong;
    town.now += 30_000;
    await look();
    expect(conditions()).toEqual(["Ready=True/Routed"]);
    town.now += 30_000;
    await look();
    expect(conditions()).toEqual(["Ready=False/KubernetesAPI"]);
  });

  it("is looked at again within ten minutes, without an event", async () => {
    town.editDomain("a", { inboundServers: [] });
    town.gateway.release();
    town.gateway.forgetRoutes();
    expect(await town.look("domain", "a")).toEqual({ requeueAfterMs: 600_000 });
  });
});

describe("A routing ConfigMap of somebody else", () => {
  it("is never written, and that is told", async () => {
    const { client } = town.cluster;
    await town.addDomain("b", { domain: "b.test" });
    const metadata = { namespace: "mail", name: "b-routing" };
    await client.create({ group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true }, {
      metadata,
      data: { mine: "yes" },
    } as never);
    await town.addSync("b", "b");
    town.people.set("other", ["user@b.test"]);
    town.ask("b", "sync", "first");
    await town.work();
    const { data, metadata: found } = town.configMap("b-routing") ?? {};
    expect([data, found?.labels]).toEqual([{ mine: "yes" }, undefined]);
    const [ready, stalled] = town.domain("b")?.status?.conditions ?? [];
    expect(ready).toMatchObject({ status: "False", reason: "ConfigMapConflict" });
    expect(ready?.message).toContain("does not belong to this object");
    expect(stalled).toMatchObject({ type: "Stalled", status: "True" });
  });
});
