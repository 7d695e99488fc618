import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ca, cert, key } from "../../../dev/tls/index.ts";
import { systemDeps } from "../../../src/base/deps.ts";
import type { Credentials } from "../../../src/runtime/access.ts";
import { createClient } from "../../../src/runtime/client.ts";
import { CONFIG_MAP } from "../../../src/runtime/kube.ts";
import { startProxy, type TestProxy } from "../../support/proxy.ts";

let handshakes = 0;
const paths: string[] = [];
const certificates: string[] = [];
const server = https.createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) => {
  paths.push(request.url ?? "");
  response.end("{}");
});
server.on("secureConnection", (socket) => {
  const { fingerprint256 } = socket.getPeerCertificate();
  if (fingerprint256 !== undefined) certificates.push(fingerprint256);
  handshakes += 1;
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function connect(credentials: Credentials, path = "", proxy?: string): ReturnType<typeof createClient> {
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const access = { server: url, namespace: undefined, proxy, authenticate: () => Promise.resolve(credentials) };
  return createClient(access, systemDeps);
}

describe("a client by way of a proxy-url", () => {
  const read = (credentials: Credentials, proxy: TestProxy) =>
    connect(credentials, "", proxy.url).get(CONFIG_MAP, { namespace: "mail", name: "a" });
  let proxy: TestProxy;
  afterEach(() => proxy.close());

  it("asks it for a tunnel, in which the server sees the client's certificate, and keeps that", async () => {
    proxy = await startProxy();
    const client = connect({ ca, cert, key }, "", proxy.url);
    for (let i = 0; i < 3; i++) await client.get(CONFIG_MAP, { namespace: "mail", name: "a" });
    expect(proxy.targets).toEqual([`127.0.0.1:${(server.address() as AddressInfo).port}`]);
    expect(certificates.at(-1)).toBe(new X509Certificate(cert).fingerprint256);
  });

  it("trusts only the cluster's CA there too, unless the kubeconfig says to trust anybody", async () => {
    proxy = await startProxy();
    await expect(read({}, proxy)).rejects.toMatchObject({ reason: expect.stringMatching(/^UNABLE_TO_/) });
    expect(await read({ rejectUnauthorized: false }, proxy)).toEqual({});
  });

  it("names it where it refuses", async () => {
    proxy = await startProxy({ refuse: 407 });
    await expect(read({ ca }, proxy)).rejects.toMatchObject({ status: 0, reason: "PROXY_HTTP_407" });
  });
});

describe("a client over TLS", () => {
  it("makes one handshake for many requests", async () => {
    const client = connect({ ca });
    const before = handshakes;
    for (let i = 0; i < 20; i++) await client.get(CONFIG_MAP, { namespace: "mail", name: "a" });
    expect(handshakes - before).toBe(1);
  });

  it("trusts only the cluster's CA", async () => {
    const call = connect({}).create(CONFIG_MAP, { metadata: { namespace: "mail", name: "a" } });
    await expect(call).rejects.toMatchObject({ status: 0, reason: expect.stringMatching(/^UNABLE_TO_/) });
  });

  it("keeps the path under which a proxy serves the API", async () => {
    await connect({ ca }, "/k8s/clusters/c-1/").get(CONFIG_MAP, { namespace: "mail", name: "a" });
    expect(paths.at(-1)).toBe("/k8s/clusters/c-1/api/v1/namespaces/mail/configmaps/a");
  });
});
