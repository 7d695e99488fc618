import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { loadAccess } from "../../../src/runtime/access.ts";
import { createFakeClock } from "../../support/clock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "access-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function kubeconfig(cluster: object, user?: object): string {
  const path = join(folder, "kubeconfig");
  const context = { cluster: "c", namespace: "mail", ...(user && { user: "u" }) };
  const config = {
    clusters: [{ name: "c", cluster }],
    users: user ? [{ name: "u", user }] : [],
    contexts: [{ name: "x", context }],
    "current-context": "x",
  };
  writeFileSync(path, stringify(config));
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const HTTPS = { server: "https://127.0.0.1:6443", "certificate-authority-data": base64("the CA") };

describe("access from a kubeconfig", () => {
  it("has server, namespace, CA and token", async () => {
    const access = loadAccess(kubeconfig(HTTPS, { token: "t\n" }));
    expect(access).toMatchObject({ server: "https://127.0.0.1:6443", namespace: "mail" });
    expect(await access.authenticate(false)).toEqual({
      ca: Buffer.from("the CA"),
      headers: { Authorization: "Bearer t" },
    });
  });

  it("has the client certificate and the name to verify", async () => {
    const cluster = { ...HTTPS, "tls-server-name": "api.example" };
    const user = { "client-certificate-data": base64("cert"), "client-key-data": base64("key") };
    expect(await loadAccess(kubeconfig(cluster, user)).authenticate(false)).toEqual({
      ca: Buffer.from("the CA"),
      cert: Buffer.from("cert"),
      key: Buffer.from("key"),
      servername: "api.example",
      headers: {},
    });
  });

  it.each<[string, object, object]>([
    ["keeps the CA when there is no user", HTTPS, { ca: Buffer.from("the CA"), headers: {} }],
    ["takes a plain http server", { server: "http://127.0.0.1:8080" }, { rejectUnauthorized: false, headers: {} }],
  ])("%s", async (_, cluster, expected) => {
    expect(await loadAccess(kubeconfig(cluster)).authenticate(false)).toEqual(expected);
  });

  it("reads a token once a minute, and at once when asked for a fresh one", async () => {
    const clock = createFakeClock();
    const access = loadAccess(kubeconfig(HTTPS, { token: "one" }), clock);
    const token = async (fresh = false): Promise<unknown> => {
      const { Authorization } = (await access.authenticate(fresh)).headers ?? {};
      return Authorization;
    };
    expect(await token()).toBe("Bearer one");
    kubeconfig(HTTPS, { token: "two" });
    await clock.advance(30_000);
    expect(await token()).toBe("Bearer one");
    expect(await token(true)).toBe("Bearer two");
    kubeconfig(HTTPS, { token: "three" });
    await clock.advance(60_000);
    expect(await token()).toBe("Bearer three");
  });

  it("reads once for many requests that were refused at once", async () => {
    const clock = createFakeClock();
    const access = loadAccess(kubeconfig(HTTPS, { token: "one" }), clock);
    await access.authenticate(false);
    await clock.advance(5_000);
    const first = access.authenticate(true);
    expect(access.authenticate(true)).toBe(first);
    await first;
  });

  it("tries again after a failed read", async () => {
    const access = loadAccess(kubeconfig(HTTPS, { token: "one" }));
    rmSync(join(folder, "kubeconfig"));
    await expect(access.authenticate(false)).rejects.toThrow("ENOENT");
    kubeconfig(HTTPS, { token: "two" });
    expect((await access.authenticate(false)).headers).toEqual({ Authorization: "Bearer two" });
  });

  it("is found through KUBECONFIG", () => {
    vi.stubEnv("KUBECONFIG", kubeconfig(HTTPS));
    expect(loadAccess().server).toBe(HTTPS.server);
  });

  it.skipIf(existsSync("/var/run/secrets/kubernetes.io/serviceaccount/token"))("says so when there is none", () => {
    vi.stubEnv("KUBECONFIG", "");
    vi.stubEnv("HOME", folder);
    expect(() => loadAccess()).toThrow(/no kubeconfig and no service account/);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "the server is no URL",
      () => loadAccess(kubeconfig({ server: "nowhere" })),
      /context "x" names no cluster with a valid server URL/,
    ],
    ["it wants a proxy", () => loadAccess(kubeconfig({ ...HTTPS, "proxy-url": "http://p" })), /proxy-url/],
  ])("says so when %s", (_, load, message) => {
    expect(load).toThrow(message);
  });
});
