import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
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
const PLUGIN = { apiVersion: "client.authentication.k8s.io/v1", command: "/bin/true" };
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

  it("has the proxy by which the server is reached, and the credentials are the same", async () => {
    const access = loadAccess(kubeconfig({ ...HTTPS, "proxy-url": "http://proxy.example:3128" }, { token: "t" }));
    expect(access.proxy).toBe("http://proxy.example:3128");
    expect(await access.authenticate(false)).toEqual({
      ca: Buffer.from("the CA"),
      headers: { Authorization: "Bearer t" },
    });
  });

  it.each(["Never", "IfAvailable"])("takes a plugin with interactiveMode: %s", (interactiveMode) => {
    expect(loadAccess(kubeconfig(HTTPS, { exec: { ...PLUGIN, interactiveMode } })).namespace).toBe("mail");
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
    [
      "its proxy speaks something else",
      () => loadAccess(kubeconfig({ ...HTTPS, "proxy-url": "socks5://u:pw@p" })),
      /the proxy-url of cluster "c" must be an http or https URL such as (?!.*pw@p)/,
    ],
    [
      "it wants a proxy for a server without TLS",
      () => loadAccess(kubeconfig({ server: "http://p:80", "proxy-url": "http://p" })),
      /is for a server with https; this one has http, so take it out/,
    ],
    [
      "its plugin has to ask somebody",
      () => loadAccess(kubeconfig(HTTPS, { exec: { ...PLUGIN, interactiveMode: "Always" } })),
      /plugin of user "u" has interactiveMode: Always, and nobody is there to ask/,
    ],
  ])("says so when %s", (_, load, message) => {
    expect(load).toThrow(message);
  });
});

describe("several kubeconfigs (issue 17, point 19)", () => {
  const write = (name: string, config: object): string => {
    const path = join(folder, name);
    writeFileSync(path, stringify(config));
    return path;
  };
  const cluster = (name: string, port: number) => ({ name, cluster: { server: `https://127.0.0.1:${port}` } });
  const context = (name: string, namespace = name) => ({ name, context: { cluster: name, namespace, user: name } });
  const load = (...files: string[]) => {
    vi.stubEnv("KUBECONFIG", files.join(delimiter));
    return loadAccess();
  };

  it("connect to the first current-context, and what the first file names wins", async () => {
    const one = write("one", {
      clusters: [cluster("a", 1001)],
      users: [{ name: "a", user: { token: "first" } }],
      contexts: [context("a")],
      "current-context": "a",
    });
    const two = write("two", {
      clusters: [cluster("a", 2001), cluster("b", 2002)],
      users: [{ name: "a", user: { token: "second" } }],
      contexts: [context("a", "other"), context("b")],
      "current-context": "b",
    });
    const access = load(one, two);
    expect(access).toMatchObject({ server: "https://127.0.0.1:1001", namespace: "a" });
    expect((await access.authenticate(false)).headers).toEqual({ Authorization: "Bearer first" });
    expect(load(two, one).server).toBe("https://127.0.0.1:2002");
  });

  it("may be missing, empty, or without a context of their own", () => {
    const clusters = write("clusters", { clusters: [cluster("b", 3001)], contexts: [context("b")] });
    const current = write("current", { "current-context": "b" });
    const empty = join(folder, "empty");
    writeFileSync(empty, "");
    expect(load(join(folder, "missing"), empty, clusters, current).server).toBe("https://127.0.0.1:3001");
  });

  it("are not quoted when one is broken", () => {
    const broken = join(folder, "broken");
    writeFileSync(broken, "users:\n - token: secret\n  x: [");
    expect(() => load(broken)).toThrow(`kubeconfig: ${broken} cannot be read: it is no kubeconfig in YAML or JSON`);
  });
});

describe("a credential plugin (issue 17, point 19)", () => {
  const plugin = (body: string): void => {
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin", "plugin"), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, "bin", "plugin"), 0o755);
  };
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./bin/plugin", provideClusterInfo: true };
  const credential = (token: string): string =>
    `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${token}"}}`;

  it("is run by its path from the kubeconfig's folder, and is told what it is asked for", async () => {
    plugin(`printf '%s' "$KUBERNETES_EXEC_INFO" > "\${0%/*}/info"; echo '${credential("exec")}'`);
    const access = loadAccess(kubeconfig({ ...HTTPS, "proxy-url": "http://p:3128" }, { exec }));
    expect((await access.authenticate(false)).headers).toEqual({ Authorization: "Bearer exec" });
    expect(JSON.parse(readFileSync(join(folder, "bin", "info"), "utf8"))).toEqual({
      kind: "ExecCredential",
      apiVersion: "client.authentication.k8s.io/v1",
      spec: {
        interactive: false,
        cluster: { ...HTTPS, "proxy-url": "http://p:3128" },
      },
    });
  });

  it("is told nothing of the cluster that it does not ask for, and keeps its own environment", async () => {
    plugin(`echo "${credential("$OWN-$KIND").replaceAll('"', '\\"')}"`);
    const own = { ...exec, provideClusterInfo: false, env: [{ name: "OWN", value: "mine" }] };
    vi.stubEnv("KIND", "inherited");
    const access = loadAccess(kubeconfig(HTTPS, { exec: own }));
    expect((await access.authenticate(false)).headers).toEqual({ Authorization: "Bearer mine-inherited" });
  });
});
