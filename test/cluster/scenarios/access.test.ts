/** Ways into a tenant: whose keys may be used for what, and how consent is noticed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { appCertificate, appKey } from "../../../dev/tls/index.ts";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { createFederation, SUBJECT } from "../../support/federation.ts";
import { startProxy, type TestProxy } from "../../support/proxy.ts";
import { createShiftClock } from "../../support/shift-clock.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

const OTHER_TENANT = "99999999-aaaa-4bbb-8ccc-dddddddddddd";

describe("the installation's own app registration", () => {
  const folder = mkdtempSync(join(tmpdir(), "o365-sync-access-"));
  const secretFile = join(folder, "clientSecret");
  let world: World;
  beforeAll(async () => {
    writeFileSync(secretFile, "a-secret-of-the-simulated-tenant\n");
    world = await createWorld({
      sharedAccess: ({ namespace, tenant }) => ({
        app: { clientId: tenant.clientId, clientSecretFile: secretFile },
        allow: [{ namespaces: [namespace], tenants: [tenant.tenantId] }],
      }),
    });
    await world.install();
    const { tenantId } = world.tenant;
    // A merge patch with null takes the field away: the team writes tenantId only.
    await world.patch("o365syncs", "example-com", { spec: { tenantId, credentials: null } });
  });
  afterAll(async () => {
    await world.close();
    rmSync(folder, { recursive: true });
  });

  it("serves an object without credentials, in a namespace and for a tenant that the settings name", async () => {
    const { status } = await world.ask("sync", "shared");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    expect(status?.consentUrl).toContain(`client_id=${world.tenant.clientId}`);
  });

  it.each([
    ["another tenant", OTHER_TENANT],
    ["a tenant by a domain name, which can change hands", "example.com"],
  ])("does not serve %s", async (_, tenantId) => {
    await world.patch("o365syncs", "example-com", { spec: { tenantId } });
    const requests = world.tenant.requests.length;
    const { status } = await world.ask("sync", `foreign-${tenantId}`);
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "TenantNotAllowed" });
    expect(brief(status?.conditions)).toContain("Stalled=True/TenantNotAllowed");
    expect(world.tenant.requests).toHaveLength(requests);
  });

  it("does not lend its workload identity for another client id", async () => {
    const { tenantId } = world.tenant;
    const credentials = { clientId: OTHER_TENANT, workloadIdentity: {} };
    await world.patch("o365syncs", "example-com", { spec: { tenantId, credentials } });
    const { status } = await world.ask("sync", "foreign-client");
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "TenantNotAllowed" });
  });
});

describe("a certificate", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    world.tenant.app.certificates.push(appCertificate);
    await world.apply("secrets", {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata: { name: "o365-cert" },
      stringData: { "tls.crt": appCertificate, "tls.key": appKey },
    });
    await world.install({ credentials: { clientId: world.tenant.clientId, certificateRef: { name: "o365-cert" } } });
  });
  afterAll(() => world.close());

  it("proves the app with a signed assertion", async () => {
    const { status } = await world.ask("sync", "certificate");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("that the app registration does not know is refused, by Entra's number", async () => {
    world.tenant.app.certificates.length = 0;
    world.tenant.expireTokens();
    const { status } = await world.ask("testConnection", "unknown-certificate");
    expect(status?.requests?.testConnection).toMatchObject({ state: "Failed", reason: "InvalidCredentials" });
    expect(status?.requests?.testConnection?.message).toContain("AADSTS700027");
  });
});

describe("consent", () => {
  const clock = createShiftClock();
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ deps: { clock, random: Math.random } });
    world.tenant.app.roles.delete("GroupMember.Read.All");
    await world.install();
  });
  afterAll(() => world.close());

  it("is asked for with a link while it is missing", async () => {
    const { status } = await world.ask("sync", "early");
    expect(status?.requests?.sync).toMatchObject({ state: "Rejected", reason: "NotAuthorized" });
    expect(brief(status?.conditions)).toContain("Authorized=False/NotAuthorized");
  });

  it("that Entra itself misses is asked for with the very link", async () => {
    const body = JSON.stringify({ error: "invalid_client", error_codes: [7000229] });
    const heal = world.tenant.fault({ on: "token", effect: { kind: "answer", status: 401, body } });
    const { status } = await world.ask("testConnection", "no-principal");
    heal();
    expect(status?.requests?.testConnection).toMatchObject({ state: "Rejected", reason: "NotAuthorized" });
    expect(status?.consentUrl).toBeDefined();
    expect(status?.requests?.testConnection?.message).toContain(status?.consentUrl);
  });

  it("is noticed within 10 minutes, without being asked", async () => {
    world.tenant.app.roles.add("GroupMember.Read.All");
    clock.shift(10 * 60_000);
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => brief(status?.conditions).includes("Authorized=True/Authorized"),
    );
    expect(status?.lastSync?.id).toMatch(/^manual-/);
  });
});

describe("a proxy that the environment names", () => {
  let proxy: TestProxy;
  let world: World;
  beforeAll(async () => {
    proxy = await startProxy();
    world = await createWorld({ env: { HTTPS_PROXY: proxy.url, NO_PROXY: ".svc,10.0.0.0/8" } });
    await world.install();
  });
  afterAll(async () => {
    await world.close();
    await proxy.close();
  });

  it("is used for Entra and Graph, and never for the API server", async () => {
    const { status } = await world.ask("sync", "through-a-proxy");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    expect(new Set(proxy.targets)).toEqual(new Set([new URL(world.tenant.graph).host]));
  });
});

describe("Secrets that ask to be watched", () => {
  let world: World;
  const wrong = { stringData: { clientSecret: "wrong" } };
  const isAuthorized = ({ status }: O365Sync): boolean =>
    brief(status?.conditions).includes("Authorized=True/Authorized");
  afterEach(() => world.close());

  it("wake their syncs when they change, with --watch-secrets and the right to list them", async () => {
    world = await createWorld({ flags: ["--watch-secrets"], kubeconfig: useControlPlane().kubeconfig });
    await world.install();
    await world.patch("secrets", "o365", { metadata: { labels: { "o365sync.dev/watch": "true" } }, ...wrong });
    const { status } = await world.ask("testConnection", "wrong");
    expect(brief(status?.conditions)).toContain("Authorized=False/InvalidCredentials");
    // Nobody asks: without the watch it would be looked at again in 10 minutes.
    await world.patch("secrets", "o365", { stringData: { clientSecret: world.tenant.clientSecret } });
    await world.until(() => world.sync(), isAuthorized);
  });

  it("are not missed where the operator may only get Secrets by name", async () => {
    world = await createWorld({ flags: ["--watch-secrets"] });
    await world.install();
    expect((await world.ask("sync", "get-only")).status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });
});

describe("Entra as it really is", () => {
  const federation = createFederation("api://AzureADTokenExchange");
  const folder = mkdtempSync(join(tmpdir(), "o365-sync-federated-"));
  const tokenFile = join(folder, "token");
  let world: World;
  beforeAll(async () => {
    writeFileSync(tokenFile, federation.token(Date.now()));
    world = await createWorld({
      env: { AZURE_FEDERATED_TOKEN_FILE: tokenFile, AZURE_CLIENT_ID: "11111111-2222-4333-8444-555555555555" },
      sharedAccess: ({ namespace, tenant }) => ({
        app: { workloadIdentity: true },
        allow: [{ namespaces: [namespace], tenants: [tenant.tenantId] }],
      }),
    });
    world.tenant.entra.issuers.set(federation.issuer, federation.publicKey);
    await world.install();
    await world.patch("o365syncs", "example-com", { spec: { credentials: null } });
  });
  afterAll(async () => {
    await world.close();
    rmSync(folder, { recursive: true });
  });

  it("lets the pod in by its service account's token, as soon as the app registration names it", async () => {
    const early = await world.ask("testConnection", "no-federated-credential");
    expect(early.status?.requests?.testConnection).toMatchObject({ state: "Failed", reason: "InvalidCredentials" });
    expect(early.status?.requests?.testConnection?.message).toContain("AADSTS700211");
    const { issuer } = federation;
    world.tenant.app.federated.push({ issuer, subject: SUBJECT, audience: "api://AzureADTokenExchange" });
    const { status } = await world.ask("sync", "federated");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("names the cloud of a tenant that is in another one", async () => {
    world.tenant.entra.elsewhere.set("army.example", { instance: "microsoftonline.us", subScope: "DOD" });
    const { clientId } = world.tenant;
    const credentials = { clientId, clientSecretRef: { name: "o365" } };
    await world.patch("o365syncs", "example-com", { spec: { tenantId: "army.example", credentials } });
    const { status } = await world.ask("testConnection", "elsewhere");
    expect(status?.requests?.testConnection).toMatchObject({ state: "Failed", reason: "TenantNotFound" });
    expect(status?.requests?.testConnection?.message).toMatch(/AADSTS90038.* set spec\.cloud to USGovernmentDoD$/);
    expect(brief(status?.conditions)).toContain("Authorized=False/TenantNotFound");
  });
});
