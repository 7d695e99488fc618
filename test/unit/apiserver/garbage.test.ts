/** What the controllers of a cluster do after a deletion. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyCrds } from "../../../dev/controlplane/crds.ts";
import { CONFIG_MAPS, configMap, MERGE, metaOf, type Server, startServer, until } from "./support.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const statusOf = async (path: string): Promise<number> => (await server.call("GET", path)).status;
const isGone = (name: string) => async (): Promise<boolean> => (await statusOf(`${CONFIG_MAPS}/${name}`)) === 404;

async function createOwned(owner: string, child: string): Promise<void> {
  const { uid } = metaOf(await server.call("POST", CONFIG_MAPS, configMap(owner)));
  const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: owner, uid }];
  await server.call("POST", CONFIG_MAPS, configMap(child, { ownerReferences }));
}

describe("When an owner is deleted", () => {
  it("what it owned goes after it", async () => {
    await createOwned("owner-a", "child-a");
    await server.call("DELETE", `${CONFIG_MAPS}/owner-a`);
    await until(isGone("child-a"));
  });

  it("in the foreground, it goes last", async () => {
    await createOwned("owner-b", "child-b");
    await server.call("PATCH", `${CONFIG_MAPS}/child-b`, { metadata: { finalizers: ["x.dev/a"] } }, MERGE);
    await server.call("DELETE", `${CONFIG_MAPS}/owner-b?propagationPolicy=Foreground`);
    await until(async () =>
      JSON.stringify((await server.call("GET", `${CONFIG_MAPS}/child-b`)).body).includes("deletionTimestamp"),
    );
    expect(await statusOf(`${CONFIG_MAPS}/owner-b`)).toBe(200);
    await server.call("PATCH", `${CONFIG_MAPS}/child-b`, { metadata: { finalizers: null } }, MERGE);
    await until(isGone("owner-b"));
    expect(await statusOf(`${CONFIG_MAPS}/child-b`)).toBe(404);
  });

  it("its children can be left as orphans", async () => {
    await createOwned("owner-c", "child-c");
    await server.call("DELETE", `${CONFIG_MAPS}/owner-c?propagationPolicy=Orphan`);
    await until(isGone("owner-c"));
    const { body } = await server.call("GET", `${CONFIG_MAPS}/child-c`);
    expect(body).not.toHaveProperty("metadata.ownerReferences");
  });

  it("another owner keeps the child", async () => {
    await createOwned("owner-d", "child-d");
    const { uid } = metaOf(await server.call("POST", CONFIG_MAPS, configMap("owner-e")));
    const second = { apiVersion: "v1", kind: "ConfigMap", name: "owner-e", uid };
    const add = [{ op: "add", path: "/metadata/ownerReferences/-", value: second }];
    await server.call("PATCH", `${CONFIG_MAPS}/child-d`, add, "application/json-patch+json");
    await server.call("DELETE", `${CONFIG_MAPS}/owner-d`);
    await createOwned("owner-f", "child-f");
    await server.call("DELETE", `${CONFIG_MAPS}/owner-f`);
    await until(isGone("child-f"));
    expect(await statusOf(`${CONFIG_MAPS}/child-d`)).toBe(200);
  });
});

it("A CRD takes its objects with it", async () => {
  const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const objects = "/apis/o365sync.dev/v1alpha1/namespaces/default/maildomains";
  const spec = { domain: "example.com", serverType: "Exchange" };
  const object = { apiVersion: "o365sync.dev/v1alpha1", kind: "MailDomain", metadata: { name: "a" }, spec };
  expect((await server.call("POST", objects, object)).status).toBe(201);
  expect((await server.call("DELETE", `${crds}/maildomains.o365sync.dev`)).status).toBe(200);
  expect(await statusOf(objects)).toBe(404);
  await applyCrds(server);
  expect((await server.call("GET", objects)).body).toMatchObject({ items: [] });
});

it("What claims an owner that is not there is garbage", async () => {
  const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "never", uid: "never" }];
  await server.call("POST", CONFIG_MAPS, configMap("child-g", { ownerReferences }));
  await until(isGone("child-g"));
});

it("A namespace takes its content with it, and takes nothing new meanwhile", async () => {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "doomed" } };
  const path = "/api/v1/namespaces/doomed/configmaps";
  await server.call("POST", "/api/v1/namespaces", namespace);
  await server.call("POST", path, configMap("a", { finalizers: ["x.dev/a"] }));
  const { body } = await server.call("DELETE", "/api/v1/namespaces/doomed");
  expect(body).toMatchObject({ kind: "Namespace", status: { phase: "Terminating" } });
  expect((await server.call("POST", path, configMap("b"))).status).toBe(403);
  await until(async () => JSON.stringify((await server.call("GET", `${path}/a`)).body).includes("deletionTimestamp"));
  await server.call("PATCH", `${path}/a`, { metadata: { finalizers: null } }, MERGE);
  await until(async () => (await statusOf("/api/v1/namespaces/doomed")) === 404);
});
