/** Objects that name no Secret need no right to read any. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { SECRET } from "../../../src/runtime/kube.ts";
import { ApiError, type Client } from "../../../src/runtime/types.ts";
import { resolveAccess, type SharedKeys } from "../../../src/sync/access/connection.ts";
import { parseSharedAccess } from "../../../src/sync/access/shared-access.ts";
import { syncSpec } from "../../support/memory-operator.ts";

const TENANT = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const clientId = "11111111-2222-4333-8444-555555555555";
const folder = mkdtempSync(join(tmpdir(), "o365-sync-without-"));
const federatedTokenFile = join(folder, "token");
const clientSecretFile = join(folder, "clientSecret");
writeFileSync(federatedTokenFile, "a.b.c");
writeFileSync(clientSecretFile, "secret");
afterAll(() => rmSync(folder, { recursive: true }));

const keys = (app: object): SharedKeys => ({
  access: parseSharedAccess(
    JSON.stringify({ app: { clientId, ...app }, allow: [{ namespaces: ["mail"], tenants: [TENANT] }] }),
  ),
  federatedTokenFile,
  ownSecrets: [],
});
/** Of whom every Secret is asked for in vain. */
const client = {
  get: ({ plural }: { plural: string }) => Promise.reject(new ApiError(`${plural} is forbidden`, 403, "Forbidden")),
} as unknown as Client;
const resolve = (shared: SharedKeys, credentials: object | undefined) =>
  resolveAccess(
    client,
    shared,
    {
      metadata: { namespace: "mail", name: "a" },
      spec: { ...syncSpec("a", { tenantId: TENANT }), credentials } as never,
    },
    new AbortController().signal,
  );

describe("Without the right to Secrets", () => {
  it.each([
    ["workload identity", keys({ workloadIdentity: true }), { clientId, workloadIdentity: {} }],
    ["the installation's identity", keys({ workloadIdentity: true }), undefined],
    ["the installation's own key, which its pod has as a file", keys({ clientSecretFile }), undefined],
  ])("an object goes on with %s", async (_, shared, credentials) => {
    expect((await resolve(shared, credentials)).connection.tenantId).toBe(TENANT);
  });

  it.each([
    ["clientSecretRef", { clientSecretRef: { name: "o365", key: "clientSecret" } }],
    ["certificateRef", { certificateRef: { name: "o365" } }],
  ])("%s does not", async (_, ref) => {
    await expect(resolve(keys({ workloadIdentity: true }), { clientId, ...ref })).rejects.toThrow(
      `${SECRET.plural} is forbidden`,
    );
  });
});
