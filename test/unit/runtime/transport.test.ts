import { once } from "node:events";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ca, cert, key } from "../../../dev/tls/index.ts";
import { systemDeps } from "../../../src/base/deps.ts";
import type { Credentials } from "../../../src/runtime/access.ts";
import { createClient } from "../../../src/runtime/client.ts";
import { CONFIG_MAP } from "../../../src/runtime/kube.ts";

let handshakes = 0;
const paths: string[] = [];
const server = https.createServer({ cert, key }, (request, response) => {
  paths.push(request.url ?? "");
  response.end("{}");
});
server.on("secureConnection", () => {
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

function connect(credentials: Credentials, path = ""): ReturnType<typeof createClient> {
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const access = { server: url, namespace: undefined, authenticate: () => Promise.resolve(credentials) };
  return createClient(access, systemDeps);
}

describe("a client over TLS", () => {
  it("makes one handshake for many requests", async () => {
    const client = connect({ ca });
    for (let i = 0; i < 20; i++) await client.get(CONFIG_MAP, { namespace: "mail", name: "a" });
    expect(handshakes).toBe(1);
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
