/** What administrators of a tenant, and Microsoft 365 itself, do. */

import type { Fault } from "../../../dev/tenant/faults.ts";
import { ca, cert, key } from "../../../dev/tls/index.ts";
import type { Chapter, Row, Stage } from "./row.ts";

function addAll<T>(set: Set<T>, values: readonly T[]): void {
  for (const value of values) set.add(value);
}
function setAll<K, V>(map: Map<K, V>, entries: readonly (readonly [K, V])[]): void {
  for (const [key, value] of entries) map.set(key, value);
}

const NEW_SECRET = "another-secret-of-the-tenant";

/** The tenant is only asked at slots. */
const spoiled =
  (spoil: (stage: Stage) => () => void | Promise<void>): Row["play"] =>
  async (stage) => {
    const mend = spoil(stage);
    stage.world.tenant.expireTokens();
    await stage.slot();
    return async () => {
      await mend();
    };
  };

const writeSecret =
  (value: string, name = "o365") =>
  ({ world }: Stage): Promise<void> =>
    world.patch("secrets", name, { data: null, stringData: { clientSecret: value } });

/** A Secret of this shape; the right value cures it. */
const shape = (what: string, value: (secret: string) => string, words: string): Row => ({
  cause: `the client secret ${what}`,
  says: "InvalidCredentials",
  words,
  stalled: true,
  cure: "correct the Secret",
  after: "1 minute",
  play: async (stage) => {
    await writeSecret(value(stage.world.tenant.clientSecret))(stage);
    stage.world.tenant.expireTokens();
    await stage.slot();
    return () => writeSecret(stage.world.tenant.clientSecret)(stage);
  },
});

const faulty = (cause: string, fault: Fault, row: Pick<Row, "says" | "words"> & Partial<Row>): Row => ({
  cause,
  cure: "wait",
  after: "10 minutes",
  ...row,
  play: spoiled(({ world }) => world.tenant.fault(fault)),
});

const CERTIFICATE = {
  credentials: { clientId: "11111111-2222-4333-8444-555555555555", certificateRef: { name: "o365-cert" } },
};
const pair = (stage: Stage, data: Readonly<Record<string, string>>) =>
  stage.world.apply("secrets", {
    apiVersion: "v1",
    kind: "Secret",
    type: "Opaque",
    metadata: { name: "o365-cert" },
    stringData: data,
  });

export const credentials: Chapter = {
  title: "Credentials",
  rows: [
    {
      cause: "the Secret deleted",
      says: "DependencyNotReady",
      words: "the Secret o365 does not exist in the namespace",
      cure: "make it again",
      after: "1 minute",
      play: async ({ world, slot }) => {
        await world.remove("secrets", "o365");
        await slot();
        const stringData = { clientSecret: world.tenant.clientSecret };
        return () =>
          world.apply("secrets", { apiVersion: "v1", kind: "Secret", metadata: { name: "o365" }, stringData });
      },
    },
    {
      cause: "the key of the Secret misspelt",
      says: "DependencyNotReady",
      words: "has no value under the key clientSecret; add it, or name one of its keys (password)",
      cure: "add the key",
      after: "1 minute",
      play: async (stage) => {
        const { clientSecret } = stage.world.tenant;
        await stage.world.patch("secrets", "o365", { data: null, stringData: { password: clientSecret } });
        await stage.slot();
        return () => writeSecret(clientSecret)(stage);
      },
    },
    {
      cause: "the client secret expired",
      says: "InvalidCredentials",
      words: "AADSTS7000222",
      stalled: true,
      cure: "put a new one into the Secret",
      after: "1 minute",
      play: async (stage) => {
        const { app, clientSecret } = stage.world.tenant;
        app.secrets.set(clientSecret, "expired");
        stage.world.tenant.expireTokens();
        await stage.slot();
        app.secrets.set(NEW_SECRET, "valid");
        return () => writeSecret(NEW_SECRET)(stage);
      },
    },
    shape("another one's", () => "k3k8Q~aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "AADSTS7000215"),
    shape(
      "the id of the secret",
      () => "0f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10",
      "it looks like the id of a secret, not its value",
    ),
    shape("in quotes", (secret) => `"${secret}"`, "it stands in quotes; leave them away"),
    shape("encoded twice", (secret) => Buffer.from(secret).toString("base64"), "it looks like base64 of a secret"),
    shape("with its name before it", (secret) => `AZURE_CLIENT_SECRET=${secret}`, "it begins with a name"),
    shape(
      "as a screen shows it",
      () => "k3k****************",
      "it looks like what a screen shows in place of a secret",
    ),
    {
      cause: "the certificate without its key",
      says: "DependencyNotReady",
      words: "the Secret o365-cert has no value under the key tls.key",
      cure: "add it",
      after: "1 minute",
      spec: CERTIFICATE,
      first: true,
      play: async (stage) => {
        stage.world.tenant.app.certificates.push(cert);
        await pair(stage, { "tls.crt": cert });
        return () => stage.world.patch("secrets", "o365-cert", { stringData: { "tls.key": key } });
      },
    },
    {
      cause: "the certificate of somebody else",
      says: "InvalidCredentials",
      words: "does not belong to any certificate in tls.crt",
      stalled: true,
      cure: "put in the pair that was made together",
      after: "1 minute",
      spec: CERTIFICATE,
      first: true,
      play: async (stage) => {
        stage.world.tenant.app.certificates.push(cert);
        await pair(stage, { "tls.crt": ca, "tls.key": key });
        return () => stage.world.patch("secrets", "o365-cert", { stringData: { "tls.crt": cert } });
      },
    },
    {
      cause: "consent never given",
      says: "NotAuthorized",
      words: "adminconsent",
      stalled: true,
      cure: "give it, with the link",
      after: "10 minutes",
      first: true,
      play: ({ world }) => {
        const roles = [...world.tenant.app.roles];
        world.tenant.app.roles.clear();
        return Promise.resolve(() => Promise.resolve(addAll(world.tenant.app.roles, roles)));
      },
    },
    {
      cause: "consent taken away",
      says: "NotAuthorized",
      words: "User.Read.All",
      stalled: true,
      cure: "give it again",
      after: "10 minutes",
      play: spoiled(({ world }) => {
        const roles = [...world.tenant.app.roles];
        world.tenant.app.roles.clear();
        return () => addAll(world.tenant.app.roles, roles);
      }),
    },
    {
      cause: "one permission missing",
      says: "NotAuthorized",
      words: "OrgContact.Read.All",
      stalled: true,
      cure: "add it, and consent",
      after: "10 minutes",
      play: spoiled(({ world }) => {
        world.tenant.app.roles.delete("OrgContact.Read.All");
        return () => void world.tenant.app.roles.add("OrgContact.Read.All");
      }),
    },
    {
      cause: "a credential of the installation, which it does not lend",
      says: "TenantNotAllowed",
      words: "this installation has no app registration of its own",
      stalled: true,
      cure: "give the object its own credentials",
      after: "at once",
      play: async ({ world }) => {
        const { credentials } = (await world.sync()).spec;
        await world.patch("o365syncs", "example-com", { spec: { credentials: null } });
        return () => world.patch("o365syncs", "example-com", { spec: { credentials } });
      },
    },
  ],
};

export const tenant: Chapter = {
  title: "The tenant",
  rows: [
    {
      cause: "`tenantId` of another tenant",
      says: "TenantNotFound",
      words: "spec.tenantId",
      stalled: true,
      cure: "correct it",
      after: "at once",
      play: async ({ world }) => {
        await world.patch("o365syncs", "example-com", { spec: { tenantId: "00000000-5a0d-4c55-9b39-6d1f7f7b2a10" } });
        return () => world.patch("o365syncs", "example-com", { spec: { tenantId: world.tenant.tenantId } });
      },
    },
    {
      cause: "the domain is none of the tenant's",
      says: "DomainNotInTenant",
      words: "example.net",
      stalled: true,
      cure: "add it there",
      after: "10 minutes",
      first: true,
      play: ({ world }) => {
        world.tenant.company.domains.splice(0, 1);
        return Promise.resolve(() => Promise.resolve(void world.tenant.company.domains.unshift("example.com")));
      },
    },
    faulty(
      "the tenant asks for a pause",
      { on: "users", effect: { kind: "status", status: 429, code: "TooManyRequests", retryAfter: "900" } },
      { says: "Throttled", words: "next try at", cure: "wait", after: "the pause asked for" },
    ),
    faulty(
      "Graph in trouble",
      { on: "users", effect: { kind: "status", status: 503 } },
      { says: "ServiceUnavailable", words: "next try at" },
    ),
    faulty(
      "Entra in trouble",
      { on: "token", effect: { kind: "status", status: 503 } },
      { says: "ServiceUnavailable", words: "next try at" },
    ),
    faulty(
      "the tenant out of reach",
      { on: "groups", effect: { kind: "reset" } },
      { says: "NetworkError", words: "next try at" },
    ),
    faulty(
      "a proxy that answers with its own page",
      {
        on: "users",
        effect: { kind: "answer", status: 200, headers: { "content-type": "text/html" }, body: "<html>Log in</html>" },
      },
      { says: "MalformedAnswer", words: "next try at", cure: "let the operator through" },
    ),
    {
      cause: "half of the company lost from the directory",
      says: "Held",
      words: "nothing was saved",
      stalled: true,
      cure: "restore them in the tenant",
      after: "the next slot",
      play: async ({ world, slot }) => {
        const { users } = world.tenant.company;
        const kept = [...users];
        for (const [id] of kept.slice(0, 150)) users.delete(id);
        await slot();
        return () => Promise.resolve(setAll(users, kept));
      },
    },
    {
      cause: "every user lost from the directory",
      says: "Held",
      words: "nothing was saved",
      stalled: true,
      cure: "restore them in the tenant",
      after: "the next slot",
      play: async ({ world, slot }) => {
        const { users } = world.tenant.company;
        const kept = [...users];
        users.clear();
        await slot();
        return () => Promise.resolve(setAll(users, kept));
      },
    },
    {
      cause: "a limit of operations that is too low",
      says: "Held",
      words: "o365sync.dev/approve=",
      stalled: true,
      cure: "raise it; or approve the plan, which is at once",
      after: "the next slot",
      spec: { operationsLimit: { total: 0 } },
      first: true,
      play: ({ world }) =>
        Promise.resolve(() => world.patch("o365syncs", "example-com", { spec: { operationsLimit: { total: null } } })),
    },
  ],
};
