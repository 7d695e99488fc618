/** Attempts to get into a tenant with somebody else's key. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import type { SharedKeys } from "../../../src/sync/access/connection.ts";
import { parseSharedAccess } from "../../../src/sync/access/shared-access.ts";
import { brief } from "../../support/world.ts";
import { type Changes, createScene, healthy, isToken, type Scene, type Service } from "./support.ts";

const TENANT = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const CLIENT = "11111111-2222-4333-8444-555555555555";
const FOREIGN = "99999999-aaaa-4bbb-8ccc-dddddddddddd";

const folder = mkdtempSync(join(tmpdir(), "o365-sync-attacks-"));
const clientSecretFile = join(folder, "clientSecret");
const federatedTokenFile = join(folder, "token");
writeFileSync(clientSecretFile, "secret");
writeFileSync(federatedTokenFile, "a.b.c");
afterAll(() => rmSync(folder, { recursive: true }));

function shared(app: object, allow: readonly object[]): SharedKeys {
  const access = parseSharedAccess(JSON.stringify({ app: { clientId: CLIENT, ...app }, allow }));
  return { access, federatedTokenFile, ownSecrets: [] };
}

const lent = [{ namespaces: ["mail"], tenants: [TENANT] }];
const bySecret = { clientSecretFile };
const byPod = { workloadIdentity: true };
const podOf = (clientId: string): O365Sync["spec"]["credentials"] => ({ clientId, workloadIdentity: {} });

async function attempt(sharedKeys: SharedKeys, spec: Changes): Promise<Scene> {
  const scene = await createScene({ sharedKeys, spec });
  scene.annotate("sync", "1");
  await scene.settle();
  return scene;
}

describe("a key of the installation", () => {
  it.each<[name: string, keys: SharedKeys, spec: Changes]>([
    ["its app, for a foreign tenant", shared(bySecret, lent), { tenantId: FOREIGN, credentials: undefined }],
    ["its app, for a tenant by name", shared(bySecret, lent), { tenantId: "example.com", credentials: undefined }],
    [
      "its app, in another namespace",
      shared(bySecret, [{ namespaces: ["other"], tenants: [TENANT] }]),
      { credentials: undefined },
    ],
    [
      "its app by the pod's identity, for a foreign tenant",
      shared(byPod, lent),
      { tenantId: FOREIGN, credentials: undefined },
    ],
    ["the pod's identity, for a foreign client id", shared(byPod, lent), { credentials: podOf(FOREIGN) }],
    [
      "the pod's identity, for a foreign tenant",
      shared(byPod, lent),
      { tenantId: FOREIGN, credentials: podOf(CLIENT) },
    ],
    [
      "a Secret of its own, named by an object beside it (11)",
      { ...shared(byPod, lent), ownSecrets: ["mail/o365"] },
      {},
    ],
    ["a copy of its app's secret in another Secret (11)", shared(bySecret, []), {}],
    ["the pod's identity, lent to nobody", shared(byPod, []), { credentials: podOf(CLIENT) }],
  ])("is not lent: %s", async (_, keys, spec) => {
    const scene = await attempt(keys, spec);
    const { status } = await scene.sync();
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "TenantNotAllowed" });
    expect(brief(status?.conditions)).toContain("Stalled=True/TenantNotAllowed");
    expect(scene.calls).toEqual([]);
  });

  it.each<[name: string, keys: SharedKeys, spec: Changes]>([
    ["its app by a secret", shared(bySecret, lent), { credentials: undefined }],
    ["its app by the pod's identity", shared(byPod, lent), { credentials: undefined }],
    ["the pod's identity", shared(byPod, lent), { credentials: podOf(CLIENT) }],
  ])("is lent where namespace, tenant and client id are named: %s", async (_, keys, spec) => {
    const scene = await attempt(keys, spec);
    expect((await scene.sync()).status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("is taken back at the next look: nothing of what was obtained with it is used again", async () => {
    const keys = { ...shared(bySecret, lent) };
    const scene = await attempt(keys, { credentials: undefined });
    Object.assign(keys, shared(bySecret, []));
    const before = scene.calls.length;
    scene.annotate("sync", "2");
    await scene.settle();
    expect((await scene.sync()).status?.requests?.sync).toMatchObject({ reason: "TenantNotAllowed" });
    expect(scene.calls).toHaveLength(before);
  });
});

describe("the pod's client id", () => {
  const allow = [{ namespaces: ["mail"], tenants: [TENANT] }];
  it("stands in for the one that the settings leave out, with workload identity alone", () => {
    const settings = (app: object): string => JSON.stringify({ app, allow });
    expect(parseSharedAccess(settings({ workloadIdentity: true }), CLIENT)).toEqual({
      app: { clientId: CLIENT, proof: { kind: "workloadIdentity" } },
      allow: [{ ...allow[0], clientIds: [CLIENT] }],
    });
    expect(() => parseSharedAccess(settings({ workloadIdentity: true }))).toThrow("app.clientId");
    expect(() => parseSharedAccess(settings({ clientSecretFile }), CLIENT)).toThrow("app.clientId");
  });
});

describe("a Secret of another namespace", () => {
  const strict: Service = (call) =>
    !isToken(call) || new URLSearchParams(call.body).get("client_secret") === "secret"
      ? healthy(call)
      : { status: 401, json: { error_codes: [7000215] } };

  async function withNeighbour(secret: string | undefined): Promise<Scene> {
    const scene = await createScene({ service: strict });
    scene.annotate("sync", "1");
    await scene.settle();
    await scene.addNamespace("evil", secret);
    await scene.settleIn("evil");
    return scene;
  }

  it("is not read, however the object names it", async () => {
    const scene = await withNeighbour(undefined);
    const tokens = scene.calls.length;
    const { status } = await scene.syncIn("evil");
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "DependencyNotReady" });
    expect(scene.calls).toHaveLength(tokens);
  });

  it("lends its token to nobody who does not hold the very same secret", async () => {
    const scene = await withNeighbour("guessed");
    const { status } = await scene.syncIn("evil");
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "InvalidCredentials" });
    expect(status?.lastSync).toMatchObject({ result: "Failed" });
  });
});
