/** How long the past is known, and what is told when it is not. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONFIG_MAPS, configMap, messageOf, metaOf, type Server, seen, startServer, until } from "./support.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
  for (const name of ["a", "b", "c"]) await server.call("POST", CONFIG_MAPS, configMap(name));
});
afterAll(() => server.stop());

describe("After its changes are compacted", () => {
  it("a watch from before is answered 410, one from now goes on", async () => {
    const before = metaOf(await server.call("GET", CONFIG_MAPS)).resourceVersion;
    await server.call("POST", CONFIG_MAPS, configMap("d"));
    server.compact();
    const old = await server.watch(`${CONFIG_MAPS}?resourceVersion=${before}`);
    await until(() => old.closed === "end");
    expect(old.events).toMatchObject([{ type: "ERROR", object: { code: 410 } }]);

    const now = metaOf(await server.call("GET", CONFIG_MAPS)).resourceVersion;
    const watch = await server.watch(`${CONFIG_MAPS}?resourceVersion=${now}`);
    await server.call("DELETE", `${CONFIG_MAPS}/d`);
    await until(() => watch.events.length === 1);
    expect(seen(watch)).toEqual(["DELETED d"]);
    watch.close();
  });

  it("the next page of a list is refused", async () => {
    const first = await server.call("GET", `${CONFIG_MAPS}?limit=1`);
    await server.call("POST", CONFIG_MAPS, configMap("e"));
    server.compact();
    const next = await server.call("GET", `${CONFIG_MAPS}?limit=1&continue=${metaOf(first).continue}`);
    expect(next.status).toBe(410);
    expect(messageOf(next)).toContain("continue parameter is too old");
  });
});

it("Pages show one moment, whatever happens in between", async () => {
  const names = (answer: { body: unknown }) =>
    (answer.body as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);
  const first = await server.call("GET", `${CONFIG_MAPS}?limit=2`);
  await server.call("DELETE", `${CONFIG_MAPS}/c`);
  await server.call("POST", CONFIG_MAPS, configMap("cc"));
  const rest = await server.call("GET", `${CONFIG_MAPS}?limit=9&continue=${metaOf(first).continue}`);
  expect([...names(first), ...names(rest)]).toEqual(["a", "b", "c", "e"]);
  expect(metaOf(rest).resourceVersion).toBe(metaOf(first).resourceVersion);
});

it("A watch that ends says in a bookmark how far it came", async () => {
  const { resourceVersion } = metaOf(await server.call("GET", CONFIG_MAPS));
  await server.call("POST", "/api/v1/namespaces/kube-system/configmaps", configMap("elsewhere"));
  const newest = metaOf(await server.call("GET", CONFIG_MAPS)).resourceVersion;
  const query = `resourceVersion=${resourceVersion}&allowWatchBookmarks=true&timeoutSeconds=1`;
  const watch = await server.watch(`${CONFIG_MAPS}?${query}`);
  await until(() => watch.closed === "end");
  expect(watch.events).toMatchObject([{ type: "BOOKMARK", object: { metadata: { resourceVersion: newest } } }]);
});
