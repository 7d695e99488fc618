import { createHash, generateKeyPairSync, verify, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ca, cert, key } from "../../../../dev/tls/index.ts";
import { CLOUDS } from "../../../../src/directory/clouds.ts";
import { createTokenSource, type TokenOptions, type TokenSource } from "../../../../src/directory/entra/token.ts";
import type { Http } from "../../../../src/directory/http/http.ts";
import type { Credential } from "../../../../src/directory/types.ts";
import { createTestDeps, type TestDeps } from "../support/deps.ts";
import { failureOf, quiet } from "../support/failures.ts";
import {
  entraError,
  inTurn,
  type Reply,
  reset,
  type ScriptedServer,
  silence,
  startServer,
  tokenReply,
  trustingHttp,
} from "../support/server.ts";

const TENANT = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const CLIENT = "11111111-2222-4333-8444-555555555555";
const SECRET = "s3cret/that+nobody~may.see";
const BY_SECRET: Credential = { kind: "clientSecret", clientId: CLIENT, clientSecret: SECRET };
const BY_CERTIFICATE: Credential = { kind: "certificate", clientId: CLIENT, certificate: cert, privateKey: key };

let server: ScriptedServer;
let deps: TestDeps;
beforeEach(async () => {
  server = await startServer();
  deps = createTestDeps();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

function createSource(credential: Credential = BY_SECRET, more: Partial<TokenOptions> = {}): TokenSource {
  const connection = { cloud: "Global", tenantId: TENANT, credential } as const;
  return createTokenSource({ connection, endpoints: server.endpoints, http: trustingHttp(), deps, ...more });
}

/** The form that the n-th token request sent. */
const sent = (n = 0): Record<string, string> => Object.fromEntries(new URLSearchParams(server.entra[n]?.body));

describe("a token", () => {
  it("costs exactly one request, which proves the app by its secret", async () => {
    server.onEntra(() => tokenReply(["User.Read.All", "OrgContact.Read.All"]));
    const token = await createSource().get(quiet());
    expect(token.roles).toEqual(["User.Read.All", "OrgContact.Read.All"]);
    expect(token.expiresAt).toBe(deps.clock.monotonic() + 3_600_000);
    const asked = server.entra.map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`);
    expect(asked).toEqual([`POST /${TENANT}/oauth2/v2.0/token`]);
    expect(sent()).toMatchObject({
      grant_type: "client_credentials",
      client_id: CLIENT,
      client_secret: SECRET,
      scope: expect.stringContaining(`${server.origin}/.default`),
    });
  });

  it.each(Object.entries(CLOUDS))(
    "of %s is asked for at that cloud, whatever region the environment names",
    async (_, endpoints) => {
      vi.stubEnv("MSAL_FORCE_REGION", "westeurope");
      vi.stubEnv("REGION_NAME", "westeurope");
      const asked: string[] = [];
      const body = JSON.stringify({ token_type: "Bearer", expires_in: 3600, access_token: "a.b.c" });
      const http: Http = async ({ url }) => {
        asked.push(url.replace(/\?.*/, ""));
        return { status: 200, header: () => undefined, body };
      };
      await createSource(BY_SECRET, { endpoints, http }).get(quiet());
      expect(asked).toEqual([`${endpoints.authority}/${TENANT}/oauth2/v2.0/token`]);
    },
  );

  it("is kept until two minutes before it expires", async () => {
    const source = createSource();
    const first = await source.get(quiet());
    await deps.clock.advance(3_600_000 - 120_001);
    expect(await source.get(quiet())).toBe(first);
    await deps.clock.advance(1);
    expect(await source.get(quiet())).not.toBe(first);
    expect(server.entra).toHaveLength(2);
  });

  it.each([-24, 24])("is kept as long when the clock is set by %d hours meanwhile", async (hours) => {
    const source = createSource();
    const first = await source.get(quiet());
    deps.clock.set(hours * 3_600_000);
    expect(await source.get(quiet())).toBe(first);
    await deps.clock.advance(3_600_000 - 120_000);
    expect(await source.get(quiet())).not.toBe(first);
  });

  it("is asked for once by ten who come at the same time", async () => {
    const source = createSource();
    const tokens = await Promise.all(Array.from({ length: 10 }, () => source.get(quiet())));
    expect(new Set(tokens).size).toBe(1);
    expect(server.entra).toHaveLength(1);
  });

  it("is renewed once for all who hold the refused one, and again for who holds the new one", async () => {
    const source = createSource();
    const refused = await source.get(quiet());
    const [one, two] = await Promise.all([source.renew(quiet(), refused), source.renew(quiet(), refused)]);
    const late = await source.renew(quiet(), refused);
    expect([two, late]).toEqual([one, one]);
    expect(server.entra).toHaveLength(2);
    expect(await source.renew(quiet(), one)).not.toBe(one);
    expect(server.entra).toHaveLength(3);
  });

  it("is a new one for who asks for that", async () => {
    const source = createSource();
    const first = await source.get(quiet());
    expect((await source.renew(quiet())).value).not.toBe(first.value);
    expect(server.entra).toHaveLength(2);
  });

  it.each([
    { body: "expires_in as a text", reply: tokenReply([], "3599"), lifetime: 3_599_000 },
    {
      body: "no roles",
      reply: { json: { token_type: "Bearer", expires_in: 3599, access_token: "opaque" } },
      lifetime: 3_599_000,
    },
  ])("may come with $body", async ({ reply, lifetime }) => {
    server.onEntra(() => reply);
    expect(await createSource().get(quiet())).toMatchObject({
      roles: [],
      expiresAt: deps.clock.monotonic() + lifetime,
    });
  });
});

it("an empty secret is refused before Entra is asked", async () => {
  const failure = await failureOf(
    createSource({ kind: "clientSecret", clientId: CLIENT, clientSecret: "" }).get(quiet()),
  );
  expect(failure).toMatchObject({ kind: "stalled", reason: "InvalidCredentials" });
  expect(server.entra).toHaveLength(0);
});

describe("a certificate", () => {
  it("signs an assertion that names it by its SHA-256 thumbprint", async () => {
    await createSource(BY_CERTIFICATE).get(quiet());
    const { client_assertion: assertion = "", client_assertion_type: type } = sent();
    expect(type).toBe("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    const [head = "", payload = "", signature = ""] = assertion.split(".");
    const decode = (part: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    const thumbprint = createHash("sha256").update(new X509Certificate(cert).raw).digest("base64url");
    expect(decode(head)).toMatchObject({ alg: "PS256", "x5t#S256": thumbprint });
    expect(decode(payload)).toMatchObject({
      iss: CLIENT,
      sub: CLIENT,
      aud: `${server.origin}/${TENANT}/oauth2/v2.0/token`,
    });
    const { publicKey } = new X509Certificate(cert);
    const padding = { key: publicKey, padding: 6, saltLength: 32 };
    expect(verify("sha256", Buffer.from(`${head}.${payload}`), padding, Buffer.from(signature, "base64url"))).toBe(
      true,
    );
    expect(server.entra).toHaveLength(1);
  });

  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  }) as string;
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const locked = rsa.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string;
  it.each([
    { what: "no certificate", pair: { certificate: "nonsense", privateKey: key }, says: "must be PEM" },
    { what: "no key", pair: { certificate: cert, privateKey: "nonsense" }, says: "must be PEM" },
    { what: "a locked key", pair: { certificate: cert, privateKey: locked }, says: "without a passphrase" },
    { what: "an EC key", pair: { certificate: cert, privateKey: ec }, says: "RSA only" },
    { what: "the key of another certificate", pair: { certificate: ca, privateKey: key }, says: "does not belong" },
  ])("is refused before Entra is asked when the Secret holds $what", async ({ pair, says }) => {
    const failure = await failureOf(createSource({ kind: "certificate", clientId: CLIENT, ...pair }).get(quiet()));
    expect(failure).toMatchObject({ kind: "stalled", reason: "InvalidCredentials" });
    expect(failure.message).toContain("spec.credentials.certificateRef");
    expect(failure.message).toContain(says);
    expect(server.entra).toHaveLength(0);
  });
});

describe("a workload identity", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "federated-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("reads its token file for every token", async () => {
    const tokenFile = join(folder, "token");
    const source = createSource({ kind: "workloadIdentity", clientId: CLIENT, tokenFile });
    writeFileSync(tokenFile, "first.assertion.x\n");
    await source.get(quiet());
    writeFileSync(tokenFile, "second.assertion.x\n");
    await source.get(quiet());
    await source.renew(quiet());
    expect(server.entra.map((_, n) => sent(n)["client_assertion"])).toEqual([
      "first.assertion.x",
      "second.assertion.x",
    ]);
  });

  it.each([
    { what: "is missing", content: undefined },
    { what: "is empty", content: "\n" },
  ])("says so when the file $what", async ({ content }) => {
    const tokenFile = join(folder, "token");
    if (content !== undefined) writeFileSync(tokenFile, content);
    const failure = await failureOf(
      createSource({ kind: "workloadIdentity", clientId: CLIENT, tokenFile }).get(quiet()),
    );
    expect(failure).toMatchObject({ kind: "stalled", reason: "InvalidCredentials" });
    expect(failure.message).toContain("spec.credentials.workloadIdentity");
    expect(server.entra).toHaveLength(0);
  });
});

describe("a token request that fails", () => {
  const broken: Reply = { status: 502, text: "<html>Bad gateway</html>" };
  it.each([
    { trouble: "throttling", reply: entraError(429, 50196, { "Retry-After": "3" }), pauses: [3000] },
    { trouble: "a 503", reply: entraError(503, 90033), pauses: [1000] },
    { trouble: "a 400 that Entra calls transient", reply: entraError(400, 90033), pauses: [1000] },
    { trouble: "a proxy's error page", reply: broken, pauses: [1000] },
    { trouble: "a connection that is reset", reply: reset, pauses: [1000] },
  ])("for $trouble is repeated with a request of its own", async ({ reply, pauses }) => {
    server.onEntra(inTurn(reply, tokenReply()));
    await expect(createSource().get(quiet())).resolves.toMatchObject({ roles: [] });
    expect(server.entra).toHaveLength(2);
    expect(deps.pauses).toEqual(pauses);
  });

  it("for throttling asks four times, and then says when to try again", async () => {
    server.onEntra(() => entraError(429, 50196, { "Retry-After": "30" }));
    const failure = await failureOf(createSource().get(quiet()));
    expect(server.entra).toHaveLength(4);
    expect(failure).toMatchObject({ kind: "retry", reason: "Throttled", retryAt: deps.clock.now() + 30_000 });
  });

  it("without an answer is repeated, and observed as status 0", async () => {
    const observed: number[] = [];
    server.onEntra(inTurn(silence, tokenReply()));
    const onRequest = ({ status }: { status: number }): void => void observed.push(status);
    await createSource(BY_SECRET, { http: trustingHttp(300), onRequest }).get(quiet());
    expect(observed).toEqual([0, 200]);
  });

  it("for a wrong secret is not repeated, and its Failure tells nothing but what is public", async () => {
    server.onEntra(() => entraError(401, 7000215));
    const failure = await failureOf(createSource().get(quiet()));
    expect(server.entra).toHaveLength(1);
    expect(failure).toMatchObject({ kind: "stalled", reason: "InvalidCredentials" });
    expect(failure.cause).toBeUndefined();
    expect(failure.message).toContain("HTTP 401, AADSTS7000215, request-id 7a1f0b6c-1111-2222-3333-444455556666");
    for (const hidden of [SECRET, "body@example.com", "nobody may repeat"])
      expect(failure.message).not.toContain(hidden);
  });

  it("is tried anew by the next caller", async () => {
    const source = createSource();
    server.onEntra(() => entraError(401, 7000222));
    await failureOf(source.get(quiet()));
    server.onEntra(() => tokenReply());
    await expect(source.get(quiet())).resolves.toBeDefined();
  });

  it.each([
    { answer: "no JSON", reply: { text: "<html>Welcome to the hotel</html>" } },
    { answer: "no token", reply: { json: { token_type: "Bearer", expires_in: 3600 } } },
    { answer: "no lifetime", reply: { json: { token_type: "Bearer", access_token: "a.b.c" } } },
    { answer: "no object", reply: { json: [] } },
  ])("with a success that holds $answer is no token", async ({ reply }) => {
    server.onEntra(() => reply);
    expect(await failureOf(createSource().get(quiet()))).toMatchObject({ kind: "retry", reason: "MalformedAnswer" });
  });

  it("ends with the reason of the caller who calls it off", async () => {
    const stop = new AbortController();
    server.onEntra(() => {
      stop.abort(new Error("enough"));
      return silence;
    });
    await expect(createSource().get(stop.signal)).rejects.toThrow("enough");
  });
});
