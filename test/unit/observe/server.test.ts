/** What answers over HTTP. */
import { afterEach, describe, expect, it } from "vitest";
import { type HttpServer, serve } from "../../../src/observe/server.ts";

let server: HttpServer;
afterEach(() => server.close());

async function ask(path: string, method = "GET"): Promise<Response> {
  server = await serve({
    host: "127.0.0.1",
    port: 0,
    routes: {
      "/text": () => ({ status: 200, body: "grüße\n" }),
      "/parts": () => ({ status: 200, body: [Buffer.from("first\n"), Buffer.from("second\n")], contentType: "text/x" }),
      "/broken": () => Promise.reject(new Error("secret")),
    },
  });
  return fetch(`http://127.0.0.1:${server.port}${path}`, { method });
}

describe("A server", () => {
  it.each([
    ["/text", "grüße\n", "8", "text/plain; charset=utf-8"],
    ["/parts", "first\nsecond\n", "13", "text/x"],
  ])("answers %s whole, with its length in bytes", async (path, body, length, type) => {
    const response = await ask(path);
    expect(await response.text()).toBe(body);
    expect(response.headers.get("content-length")).toBe(length);
    expect(response.headers.get("content-type")).toBe(type);
  });

  it("answers HEAD with the length, and without the body", async () => {
    const response = await ask("/parts", "HEAD");
    expect(response.headers.get("content-length")).toBe("13");
    expect(await response.text()).toBe("");
  });

  it.each([
    ["/other", "GET", 404, "not found; try /text or /parts or /broken\n"],
    ["/text", "POST", 405, "only GET\n"],
    ["/broken", "GET", 500, "internal error\n"],
  ])("answers %s %s with %i and tells no secret", async (path, method, status, body) => {
    const response = await ask(path, method);
    expect([response.status, await response.text()]).toEqual([status, body]);
  });
});
