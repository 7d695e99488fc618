/** A link to the next page is opaque: it is sent as Graph gave it (issue 18, point 9). */
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestDeps } from "../support/deps.ts";
import { quiet } from "../support/failures.ts";
import { graphFor } from "../support/graph.ts";
import { type ScriptedServer, startServer } from "../support/server.ts";

let server: ScriptedServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

it.each([
  "/v1.0/users?$skiptoken=m~AQAnO&$select=id&$top=999",
  "/v1.0/users?b=2&$select=id&b=1&a=3",
  "/v1.0/users?$select=id&$select=mail&$skiptoken=x",
  "/v1.0/groups?$filter=mailEnabled+eq+true&$skiptoken=RFNwdAoAAQ==",
])("%s goes out as it came in", async (path) => {
  server.onGraph(() => ({ json: { value: [] } }));
  const graph = graphFor(server, createTestDeps());
  await graph.call({ operation: "listing users", path: `${server.origin}${path}`, signal: quiet() });
  expect(server.graph.map((seen) => seen.path)).toEqual([path]);
});
