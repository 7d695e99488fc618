/** Whom the installation lends its keys to. */
import { describe, expect, it } from "vitest";
import type { O365Sync } from "../../../../src/api/types.generated.ts";
import { isAllowed, parseSharedAccess } from "../../../../src/sync/access/shared-access.ts";

const TENANT = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const CLIENT = "11111111-2222-4333-8444-555555555555";
const OTHER = "99999999-aaaa-4bbb-8ccc-dddddddddddd";

const app = { clientId: CLIENT, clientSecretFile: "/secret" };
const grant = { namespaces: ["mail"], tenants: [TENANT] };
const objectOf = (namespace: string, tenantId: string): O365Sync =>
  ({ metadata: { namespace, name: "example-com" }, spec: { tenantId } }) as O365Sync;

describe("A shared key", () => {
  const shared = parseSharedAccess(JSON.stringify({ app, allow: [grant] }));

  it.each([
    ["is lent where namespace, tenant and client id are named", "mail", TENANT, CLIENT, true],
    ["is lent whatever the case of the ids", "mail", TENANT.toUpperCase(), CLIENT.toUpperCase(), true],
    ["is not lent to another namespace", "mail2", TENANT, CLIENT, false],
    ["is not lent for another tenant", "mail", OTHER, CLIENT, false],
    ["is not lent for a tenant by its domain name", "mail", "example.com", CLIENT, false],
    ["is not lent for another client id", "mail", TENANT, OTHER, false],
  ])("%s", (_, namespace, tenantId, clientId, allowed) => {
    expect(isAllowed(shared, objectOf(namespace, tenantId), clientId)).toBe(allowed);
  });
});

describe("The settings are refused with a message that names every fault, for", () => {
  it.each<[name: string, settings: unknown, message: string]>([
    ["a list", [], "the file: must be an object"],
    ["an unknown field", { apps: {} }, "apps: unknown field, must be one of app, allow"],
    ["a client id that is none", { app: { ...app, clientId: "x" } }, "app.clientId: must be a GUID"],
    [
      "no proof",
      { app: { clientId: CLIENT } },
      "app: must have exactly one of clientSecretFile, certificateFile with privateKeyFile, and workloadIdentity",
    ],
    ["two proofs", { app: { ...app, workloadIdentity: true } }, "app: must have exactly one of"],
    [
      "no namespaces",
      { app, allow: [{ tenants: [TENANT] }] },
      "allow[0].namespaces: must be a list with at least one entry",
    ],
    ["a tenant by name", { app, allow: [{ ...grant, tenants: ["example.com"] }] }, "allow[0].tenants: must be a GUID"],
    ["no client id at all", { allow: [grant] }, "allow[0].clientIds: must be a list with at least one entry"],
  ])("%s", (_, settings, message) => {
    expect(() => parseSharedAccess(JSON.stringify(settings))).toThrow(message);
  });

  it("text that is no JSON", () => {
    expect(() => parseSharedAccess("{")).toThrow("not valid JSON");
  });
});
