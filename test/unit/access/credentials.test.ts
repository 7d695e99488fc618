/** Secrets and certificates as they come, change and end. */
import { createHash, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { endlessCertificate, endlessKey, issuedChain, issuedKey } from "../../../dev/tls/index.ts";
import { O365_SYNC } from "../../../src/api/resources.ts";
import { brief } from "../../support/world.ts";
import { createScene, healthy, isToken, type Scene, type Service } from "./support.ts";

const CLIENT = "11111111-2222-4333-8444-555555555555";
const DAY_MS = 24 * 3_600_000;
const END = "2026-02-15T00:00:00.000Z";

const authorizedOf = async (scene: Scene): Promise<string> => {
  const { status } = await scene.sync();
  return status?.conditions?.find(({ type }) => type === "Authorized")?.message ?? "";
};

describe("a certificate without an end", () => {
  it("has no time at which it ends, and a look at it writes nothing", async () => {
    const scene = await createScene({
      spec: { credentials: { clientId: CLIENT, certificateRef: { name: "o365" } } },
      secret: { "tls.crt": endlessCertificate, "tls.key": endlessKey },
    });
    scene.annotate("test-connection", "1");
    await scene.settle();
    const before = await scene.sync();
    expect(before.status?.requests?.testConnection).toMatchObject({ state: "Succeeded" });
    expect(before.status?.credentialExpiryTime).toBeUndefined();
    await scene.settle();
    expect((await scene.sync()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });
});

describe("a certificate that an issuer signed", () => {
  const start = (): Promise<Scene> =>
    createScene({
      spec: { credentials: { clientId: CLIENT, certificateRef: { name: "o365" } } },
      secret: { "tls.crt": issuedChain, "tls.key": issuedKey },
    });

  it("is sent with its chain, leaf first, and named by its SHA-256 thumbprint", async () => {
    const scene = await start();
    scene.annotate("test-connection", "1");
    await scene.settle();
    const form = new URLSearchParams(scene.calls.find(isToken)?.body);
    const [head = ""] = (form.get("client_assertion") ?? "").split(".");
    const header = JSON.parse(Buffer.from(head, "base64url").toString("utf8"));
    const sent = (header.x5c as string[]).map((der) => new X509Certificate(Buffer.from(der, "base64")).subject);
    expect(sent).toEqual(["CN=o365-sync test app\\, issued", "CN=o365-sync test issuer"]);
    const thumbprint = createHash("sha256").update(new X509Certificate(issuedChain).raw).digest("base64url");
    expect(header["x5t#S256"]).toBe(thumbprint);
  });

  it("is told to end from 30 days ahead, while Authorized stays True", async () => {
    const scene = await start();
    scene.annotate("test-connection", "1");
    // Looked at again exactly when the note is due: 45 days before the end it is 15 days off.
    expect(await scene.settle()).toBe(15 * DAY_MS);
    expect((await scene.sync()).status?.credentialExpiryTime).toBe(END);
    expect(await authorizedOf(scene)).not.toContain("certificate");

    await scene.deps.clock.advance(15 * DAY_MS);
    expect(await scene.settle()).toBe(30 * DAY_MS);
    const { status } = await scene.sync();
    expect(brief(status?.conditions)).toContain("Authorized=True/Authorized");
    expect(await authorizedOf(scene)).toMatch(
      /every permission .*; note: the certificate in the Secret o365 ends at 2026-02-15 00:00:00 UTC; make a new one/,
    );

    await scene.deps.clock.advance(30 * DAY_MS);
    await scene.settle();
    expect(await authorizedOf(scene)).toContain("ended at 2026-02-15 00:00:00 UTC");
    // Said once, however often it is looked at.
    await scene.settle();
    expect((await authorizedOf(scene)).match(/note:/g)).toHaveLength(1);
  });

  it("that is replaced by a client secret has no end any more", async () => {
    const scene = await start();
    scene.annotate("test-connection", "1");
    await scene.settle();
    await scene.deps.clock.advance(20 * DAY_MS);
    await scene.settle();
    scene.setSecret({ clientSecret: "secret" });
    scene.cluster.edit(O365_SYNC, { namespace: "mail", name: "example-com" }, ({ spec }) => {
      spec.credentials = { clientId: CLIENT, clientSecretRef: { name: "o365", key: "clientSecret" } };
    });
    await scene.settle();
    expect((await scene.sync()).status).not.toHaveProperty("credentialExpiryTime");
    expect(await authorizedOf(scene)).not.toContain("certificate");
  });
});

describe("a Secret that changes", () => {
  /** Entra knows one secret only. */
  const strict =
    (right: string): Service =>
    (call) =>
      !isToken(call) || new URLSearchParams(call.body).get("client_secret") === right
        ? healthy(call)
        : { status: 401, json: { error_codes: [7000215] } };

  it("is used at the next look, without a restart, and without waiting for the next check of permissions", async () => {
    const scene = await createScene({ service: strict("new"), secret: { clientSecret: "old" } });
    scene.annotate("sync", "1");
    await scene.settle();
    expect(brief((await scene.sync()).status?.conditions)).toContain("Authorized=False/InvalidCredentials");
    scene.setSecret({ clientSecret: "new\n" });
    // What a labelled Secret does: it wakes the sync.
    await scene.settle();
    expect(brief((await scene.sync()).status?.conditions)).toContain("Authorized=True/Authorized");
  });

  it("brings a retry forward", async () => {
    const scene = await createScene({
      service: strict("new"),
      secret: { clientSecret: "old" },
      spec: { schedule: { enabled: true, timeZone: "UTC", startingDeadlineSeconds: 7200 } },
    });
    await scene.settle();
    expect((await scene.sync()).status?.lastSync).toMatchObject({ result: "Failed", trigger: "Initial" });
    scene.setSecret({ clientSecret: "new" });
    await scene.settle();
    expect((await scene.sync()).status?.lastSync).toMatchObject({ result: "Published", attempts: 2 });
  });
});

describe("ten objects of one tenant and one Secret", () => {
  const names = Array.from({ length: 10 }, (_, n) => `sync-${n}`);

  it("make one token request, and one more when the Secret changes", async () => {
    const scene = await createScene({ names });
    const tokens = (): number => scene.calls.filter(isToken).length;
    for (const name of names) scene.annotate("sync", "1", name);
    await Promise.all(names.map((name) => scene.settle(name)));
    for (const name of names) expect((await scene.sync(name)).status?.lastSync?.result).toBe("Published");
    expect(tokens()).toBe(1);

    scene.setSecret({ clientSecret: "another" });
    for (const name of names) scene.annotate("sync", "2", name);
    await Promise.all(names.map((name) => scene.settle(name)));
    expect(tokens()).toBe(2);
  });
});
