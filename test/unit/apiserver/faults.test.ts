/** Trouble that tests can order. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CONFIG_MAPS, configMap, type Server, seen, startServer, until } from "./support.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterEach(() => server.faults.clear());
afterAll(() => server.stop());

describe("A request that matches is", () => {
  it("throttled, the second and third of it only", async () => {
    const hits = server.faults.add({
      path: /configmaps/,
      at: 2,
      times: 2,
      effect: { do: "throttle", retryAfterSeconds: 7 },
    });
    const codes = [];
    for (let index = 0; index < 4; index++) codes.push((await server.call("GET", CONFIG_MAPS)).status);
    expect(codes).toEqual([200, 429, 429, 200]);
    expect(hits()).toBe(2);
  });

  it("told when to come again", async () => {
    server.faults.add({ effect: { do: "throttle", retryAfterSeconds: 7 } });
    const { body } = await server.call("GET", CONFIG_MAPS);
    expect(body).toMatchObject({ kind: "Status", reason: "TooManyRequests", details: { retryAfterSeconds: 7 } });
  });

  it("answered with an error, and not acted upon", async () => {
    server.faults.add({ method: "POST", effect: { do: "error" } });
    expect((await server.call("POST", CONFIG_MAPS, configMap("error"))).status).toBe(500);
    expect((await server.call("GET", `${CONFIG_MAPS}/error`)).status).toBe(404);
  });

  it("answered later", async () => {
    server.faults.add({ effect: { do: "delay", ms: 60 } });
    const started = performance.now();
    expect((await server.call("GET", CONFIG_MAPS)).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(50);
  });

  it("acted upon, and its answer dropped", async () => {
    server.faults.add({ method: "POST", effect: { do: "drop" } });
    await expect(server.call("POST", CONFIG_MAPS, configMap("dropped"))).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await server.call("GET", `${CONFIG_MAPS}/dropped`)).status).toBe(200);
  });

  it("reset, and not acted upon", async () => {
    server.faults.add({ method: "POST", effect: { do: "reset" } });
    await expect(server.call("POST", CONFIG_MAPS, configMap("reset"))).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await server.call("GET", `${CONFIG_MAPS}/reset`)).status).toBe(404);
  });

  it("told that its version is too old", async () => {
    server.faults.add({ path: /continue/, effect: { do: "expire" } });
    const { status, body } = await server.call("GET", `${CONFIG_MAPS}?continue=x`);
    expect([status, (body as { reason: string }).reason]).toEqual([410, "Expired"]);
  });

  it("left without an answer, while others get theirs", async () => {
    server.faults.add({ effect: { do: "half-open" } });
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    server.call("GET", CONFIG_MAPS).then(settle, settle);
    for (let index = 0; index < 5; index++) expect((await server.call("GET", CONFIG_MAPS)).status).toBe(200);
    expect(isSettled).toBe(false);
  });
});

describe("A watch is", () => {
  const path = `${CONFIG_MAPS}?labelSelector=watched`;
  const create = (name: string) => server.call("POST", CONFIG_MAPS, configMap(name, { labels: { watched: "" } }));
  const clean = () => server.call("DELETE", `${CONFIG_MAPS}?labelSelector=watched`);

  it("reset after two events", async () => {
    server.faults.add({ path: /watch=true/, afterEvents: 2, effect: { do: "reset" } });
    const watch = await server.watch(path);
    for (const name of ["a", "b", "c"]) await create(name);
    await until(() => watch.closed !== undefined);
    expect(watch.closed).toBe("ECONNRESET");
    expect(seen(watch)).toEqual(["ADDED a", "ADDED b"]);
    await clean();
  });

  it("kept open and silent after one event", async () => {
    server.faults.add({ path: /watch=true/, afterEvents: 1, effect: { do: "half-open" } });
    const silent = await server.watch(path);
    const healthy = await server.watch(path);
    for (const name of ["a", "b"]) await create(name);
    await until(() => healthy.events.length === 2);
    expect(seen(silent)).toEqual(["ADDED a"]);
    expect(silent.closed).toBeUndefined();
    silent.close();
    healthy.close();
    await clean();
  });

  it("told that its version is too old", async () => {
    server.faults.add({ path: /watch=true/, effect: { do: "expire" } });
    const watch = await server.watch(path);
    await until(() => watch.closed === "end");
    expect(watch.events).toMatchObject([{ type: "ERROR", object: { reason: "Expired", code: 410 } }]);
  });
});
