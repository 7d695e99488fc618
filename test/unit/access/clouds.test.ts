/** Each kind of credential in each cloud, against an Entra that verifies it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Authority, createAuthority } from "../../../dev/tenant/authority.ts";
import { appCertificate, appKey } from "../../../dev/tls/index.ts";
import { CLOUDS, FEDERATED_AUDIENCES } from "../../../src/directory/clouds.ts";
import type { Cloud, Credential } from "../../../src/directory/types.ts";
import { createFederation, SUBJECT } from "../../support/federation.ts";
import { failureOf, quiet } from "../directory/support/failures.ts";
import { connectTo, NOW } from "./support.ts";

const TENANT = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const CLIENT = "11111111-2222-4333-8444-555555555555";
const ROLES = ["User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All"];
const SOURCES = { users: true, groups: true, contacts: true };

const folder = mkdtempSync(join(tmpdir(), "o365-sync-clouds-"));
const tokenFile = join(folder, "token");
afterAll(() => rmSync(folder, { recursive: true }));

/** The Entra of a cloud, with the tenant, its app, and the cluster's federated credential. */
function entraOf(cloud: Cloud): Authority {
  const { authority, graph } = CLOUDS[cloud];
  const app = {
    clientId: CLIENT,
    secrets: new Map([["secret", "valid"]] as const),
    certificates: [appCertificate],
    federated: [{ issuer: federation.issuer, subject: SUBJECT, audience: FEDERATED_AUDIENCES[cloud] }],
    redirectUris: new Set<string>(),
    requested: ROLES,
    roles: new Set(ROLES),
  };
  const entra = createAuthority({
    tenantId: TENANT,
    domains: ["example.com"],
    app,
    origin: () => authority,
    graph: () => graph,
    lifetimeSeconds: 3600,
    now: () => NOW,
  });
  entra.issuers.set(federation.issuer, federation.publicKey);
  return entra;
}

const federation = createFederation("by the token");
const KINDS: readonly Credential[] = [
  { kind: "clientSecret", clientId: CLIENT, clientSecret: "secret" },
  { kind: "certificate", clientId: CLIENT, certificate: appCertificate, privateKey: appKey },
  { kind: "workloadIdentity", clientId: CLIENT, tokenFile },
];
const CASES = (Object.keys(CLOUDS) as Cloud[]).flatMap((cloud) =>
  KINDS.map((credential) => ({ cloud, kind: credential.kind, credential })),
);

describe("a tenant", () => {
  it.each(CASES)(
    "of $cloud is entered with a $kind, at that cloud's Entra and Graph alone",
    async ({ cloud, credential }) => {
      writeFileSync(tokenFile, federation.token(NOW, { aud: FEDERATED_AUDIENCES[cloud] }));
      const { directory, calls } = connectTo(entraOf(cloud), { cloud, tenantId: TENANT, credential });
      const { roles, missing } = await directory.authorize({ sources: SOURCES, fresh: false, signal: quiet() });
      expect({ roles, missing }).toEqual({ roles: ROLES, missing: [] });
      await directory.sample(SOURCES, quiet());
      const { authority, graph } = CLOUDS[cloud];
      expect(new Set(calls.map(({ url }) => url.origin))).toEqual(new Set([authority, graph]));
      const [form] = calls.map(({ body }) => new URLSearchParams(body));
      expect(form?.get("scope")?.split(" ")).toContain(`${graph}/.default`);
    },
  );
});

describe("a workload identity whose token is made for another cloud", () => {
  beforeAll(() => writeFileSync(tokenFile, federation.token(NOW, { aud: FEDERATED_AUDIENCES.Global })));

  it.each(["USGovernmentGCCHigh", "USGovernmentDoD", "China"] as const)(
    "is refused in %s, and the message names the audience that it takes there",
    async (cloud) => {
      const credential = { kind: "workloadIdentity", clientId: CLIENT, tokenFile } as const;
      const { directory } = connectTo(entraOf(cloud), { cloud, tenantId: TENANT, credential });
      const failure = await failureOf(directory.authorize({ sources: SOURCES, fresh: false, signal: quiet() }));
      expect(failure).toMatchObject({ kind: "stalled", reason: "InvalidCredentials" });
      expect(failure.message).toContain("AADSTS700212");
      expect(failure.message).toContain(`the audience ${FEDERATED_AUDIENCES[cloud]}`);
    },
  );
});
