import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ca } from "../../../../dev/tls/index.ts";
import { createHttp, type Http, type HttpResponse } from "../../../../src/directory/http/http.ts";
import { TransportError } from "../../../../src/directory/http/transport-error.ts";
import { quiet } from "../support/failures.ts";
import { type Reply, reset, type ScriptedServer, silence, startServer, trustingHttp } from "../support/server.ts";

let server: ScriptedServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

function get(http: Http, signal = quiet()): Promise<HttpResponse> {
  return http({ method: "GET", url: `${server.origin}/v1.0/x`, headers: { "X-Own": "yes" }, signal });
}

const compressed = (encoding: string, body: Buffer): Reply => {
  return (response) => {
    response.writeHead(200, { "Content-Encoding": encoding });
    response.end(body);
  };
};

describe("an HTTPS request", () => {
  it("answers status, headers and body as they came", async () => {
    server.onGraph(() => ({ status: 418, headers: { "Retry-After": "7" }, text: "tea für alle" }));
    const answer = await get(trustingHttp());
    expect(answer).toMatchObject({ status: 418, body: "tea für alle" });
    expect([answer.header("retry-after"), answer.header("etag")]).toEqual(["7", undefined]);
    expect(server.graph[0]?.headers).toMatchObject({ "x-own": "yes", "accept-encoding": "gzip, br" });
  });

  it.each([
    { encoding: "gzip", body: gzipSync("packed") },
    { encoding: "br", body: brotliCompressSync("packed") },
    { encoding: "identity", body: Buffer.from("packed") },
  ])("reads a body in $encoding", async ({ encoding, body }) => {
    server.onGraph(() => compressed(encoding, body));
    expect((await get(trustingHttp())).body).toBe("packed");
  });

  it("uses one connection for requests that follow each other", async () => {
    const http = trustingHttp();
    for (let request = 0; request < 3; request++) await get(http);
    expect(server.connections).toBe(1);
  });

  it("does not follow a redirect", async () => {
    server.onGraph(() => ({ status: 302, headers: { Location: `${server.origin}/v1.0/elsewhere` }, text: "" }));
    expect((await get(trustingHttp())).status).toBe(302);
    expect(server.graph).toHaveLength(1);
  });

  const cut: Reply = (response) => {
    response.writeHead(200, { "Content-Length": "100" });
    response.write("half");
    setImmediate(() => response.socket?.destroy());
  };
  it.each([
    { trouble: "a connection that is reset", reply: reset, kind: "network" },
    { trouble: "a body that ends too early", reply: cut, kind: "incomplete" },
    {
      trouble: "a packed body that ends too early",
      reply: compressed("gzip", gzipSync("packed").subarray(0, 15)),
      kind: "incomplete",
    },
    { trouble: "an unknown encoding", reply: compressed("zstd", Buffer.from("x")), kind: "incomplete" },
    {
      trouble: "a body that is not UTF-8",
      reply: compressed("identity", Buffer.from([0xc3, 0x28])),
      kind: "incomplete",
    },
    {
      trouble: "a body that is too large",
      reply: compressed("gzip", gzipSync(Buffer.alloc(2_000_000))),
      kind: "tooLarge",
    },
  ] as const)("reports $trouble as $kind", async ({ reply, kind }) => {
    server.onGraph(() => reply);
    const http = createHttp({ ca, maxBytes: 1_000_000 });
    const error = await get(http).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ kind });
  });

  it("gives up on a server that says nothing", async () => {
    server.onGraph(() => silence);
    await expect(get(trustingHttp(50))).rejects.toMatchObject({ kind: "timeout" });
  });

  it("gives up sooner on a request that says so, and never later", async () => {
    server.onGraph(() => silence);
    for (const [limit, own] of [
      [30_000, 50],
      [50, 30_000],
    ] as const) {
      const http = createHttp({ ca, timeoutMs: limit });
      const request = { method: "GET", url: `${server.origin}/v1.0/x`, headers: {}, timeoutMs: own } as const;
      const answer = http({ ...request, signal: quiet() });
      await expect(answer).rejects.toMatchObject({ kind: "timeout" });
    }
  });

  it("gives up on a server that stops in the middle of its answer", async () => {
    server.onGraph(() => (response) => {
      response.writeHead(200);
      response.write("half");
    });
    await expect(get(trustingHttp(100))).rejects.toMatchObject({ kind: "timeout" });
  });

  it("refuses a certificate that nobody vouches for", async () => {
    await expect(get(createHttp())).rejects.toMatchObject({
      kind: "network",
      code: expect.stringMatching(/VERIFY|CERT/),
    });
    expect(server.graph).toHaveLength(0);
  });

  it("ends with the reason of the caller who calls it off", async () => {
    const stop = new AbortController();
    server.onGraph(() => {
      stop.abort(new Error("enough"));
      return silence;
    });
    await expect(get(trustingHttp(), stop.signal)).rejects.toThrow("enough");
    await expect(get(trustingHttp(), stop.signal)).rejects.toThrow("enough");
    expect(server.graph).toHaveLength(1);
  });
});
