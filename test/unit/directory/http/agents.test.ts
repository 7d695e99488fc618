/** The way to Entra and Graph: straight, or through the proxy of the environment. */
import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ca, cert, key } from "../../../../dev/tls/index.ts";
import { unreachable } from "../../../../src/directory/errors/to-failure.ts";
import { isExempt } from "../../../../src/directory/http/agents.ts";
import { createHttp, type HttpOptions, type HttpResponse } from "../../../../src/directory/http/http.ts";
import { TransportError } from "../../../../src/directory/http/transport-error.ts";
import { startProxy, type TestProxy } from "../../../support/proxy.ts";
import { quiet } from "../support/failures.ts";
import { type ScriptedServer, startServer } from "../support/server.ts";

let server: ScriptedServer;
let proxy: TestProxy | undefined;
beforeEach(async () => {
  server = await startServer();
  server.onGraph(() => ({ text: "through" }));
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  await server.close();
});

const get = (options: HttpOptions, signal = quiet()): Promise<HttpResponse> =>
  createHttp({ ca, timeoutMs: 5000, ...options })({
    method: "GET",
    url: `${server.origin}/v1.0/x`,
    headers: {},
    signal,
  });

async function troubleOf(call: Promise<unknown>): Promise<TransportError> {
  const error = await call.catch((caught: unknown) => caught);
  if (error instanceof TransportError) return error;
  throw new Error("expected a TransportError", { cause: error });
}

describe("a proxy", () => {
  it("is asked for a tunnel, in which the server's own certificate is checked", async () => {
    proxy = await startProxy();
    const settings = { proxy: { url: proxy.url, noProxy: "" } };
    expect((await get(settings)).body).toBe("through");
    expect(proxy.targets).toEqual([new URL(server.origin).host]);
    const untrusting = createHttp({ ...settings, timeoutMs: 5000 });
    const trouble = await troubleOf(untrusting({ method: "GET", url: server.origin, headers: {}, signal: quiet() }));
    expect(trouble).toMatchObject({ kind: "network", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  });

  it("keeps one tunnel for requests that follow each other", async () => {
    proxy = await startProxy();
    const http = createHttp({ ca, timeoutMs: 5000, proxy: { url: proxy.url, noProxy: "" } });
    for (let n = 0; n < 3; n++)
      await http({ method: "GET", url: `${server.origin}/v1.0/x`, headers: {}, signal: quiet() });
    expect(proxy.targets).toHaveLength(1);
  });

  it("is told user and password of its URL, percent-decoded", async () => {
    proxy = await startProxy();
    const url = proxy.url.replace("http://", "http://me:p%40ss@");
    await get({ proxy: { url, noProxy: "" } });
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from("me:p@ss").toString("base64")}`]);
  });

  it("is not used for a host that NO_PROXY names", async () => {
    proxy = await startProxy();
    expect((await get({ proxy: { url: proxy.url, noProxy: "localhost" } })).status).toBe(200);
    expect(proxy.targets).toEqual([]);
  });

  it.each([403, 407, 502])("that answers %i is named as the cause, not the service behind it", async (status) => {
    proxy = await startProxy({ refuse: status });
    const trouble = await troubleOf(get({ proxy: { url: proxy.url, noProxy: "" } }));
    expect(trouble).toMatchObject({ kind: "proxy", code: `HTTP_${status}` });
    const failure = unreachable("listing users", trouble);
    expect(failure).toMatchObject({ kind: "retry", reason: "NetworkError" });
    expect(failure.message).toContain(`(HTTP_${status}): the proxy of HTTPS_PROXY`);
    expect(server.graph).toEqual([]);
  });

  it("that is not there is named as the cause", async () => {
    const gone = await startProxy();
    await gone.close();
    expect(await troubleOf(get({ proxy: { url: gone.url, noProxy: "" } }))).toMatchObject({
      kind: "proxy",
      code: "ECONNREFUSED",
    });
  });

  it("that never answers holds a request no longer than its time", async () => {
    proxy = await startProxy({ silent: true });
    const trouble = await troubleOf(get({ timeoutMs: 100, proxy: { url: proxy.url, noProxy: "" } }));
    expect(trouble).toMatchObject({ kind: "timeout" });
  });
});

describe("NO_PROXY", () => {
  it.each([
    ["", "https://graph.microsoft.com", false],
    ["graph.microsoft.com", "https://graph.microsoft.com", true],
    ["GRAPH.microsoft.com", "https://graph.microsoft.com", true],
    ["microsoft.com", "https://graph.microsoft.com", true],
    [".microsoft.com", "https://graph.microsoft.com", true],
    ["*.microsoft.com", "https://graph.microsoft.com", true],
    ["soft.com", "https://graph.microsoft.com", false],
    ["graph.microsoft.com:443", "https://graph.microsoft.com", true],
    ["graph.microsoft.com:8443", "https://graph.microsoft.com", false],
    ["localhost, .svc,graph.microsoft.us", "https://graph.microsoft.us", true],
    ["*", "https://graph.microsoft.com", true],
    ["10.0.0.0/8", "https://graph.microsoft.com", false],
    ["127.0.0.1", "https://127.0.0.1:8443", true],
    ["0.0.1", "https://127.0.0.1:8443", false],
    ["::1", "https://[::1]:8443", true],
    ["[::1]:8443", "https://[::1]:8443", true],
    ["[::1]:443", "https://[::1]:8443", false],
  ])("%j lets %s go straight: %s", (noProxy, url, exempt) => {
    expect(isExempt(new URL(url), noProxy)).toBe(exempt);
  });
});

const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === "::1"));

describe.skipIf(!hasIpv6)("IPv6", () => {
  it("reaches a server that listens there alone, straight and through a proxy", async () => {
    const only = createServer({ cert, key }, (_, response) => void response.end("six"));
    await new Promise<void>((resolve) => {
      only.listen(0, "::1", resolve);
    });
    proxy = await startProxy({ host: "::1" });
    try {
      const { port } = only.address() as AddressInfo;
      for (const noProxy of ["::1", ""]) {
        const http = createHttp({ ca, timeoutMs: 5000, proxy: { url: proxy.url, noProxy } });
        const url = `https://[::1]:${port}/`;
        expect((await http({ method: "GET", url, headers: {}, signal: quiet() })).body).toBe("six");
      }
      expect(proxy.targets).toHaveLength(1);
    } finally {
      only.closeAllConnections();
      only.close();
    }
  });

  it("literals are asked of a proxy in brackets", async () => {
    proxy = await startProxy({ refuse: 403 });
    const http = createHttp({ ca, proxy: { url: proxy.url, noProxy: "" } });
    await troubleOf(http({ method: "GET", url: "https://[::1]:9/", headers: {}, signal: quiet() }));
    expect(proxy.targets).toEqual(["[::1]:9"]);
  });
});

it("a proxy that speaks no HTTP is named as the cause", async () => {
  const rude = createTcpServer((socket) => void socket.end("220 smtp.example ESMTP\r\n"));
  await new Promise<void>((resolve) => {
    rude.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(rude.address() as AddressInfo).port}`;
  expect((await troubleOf(get({ proxy: { url, noProxy: "" } }))).kind).toBe("proxy");
  rude.close();
});
