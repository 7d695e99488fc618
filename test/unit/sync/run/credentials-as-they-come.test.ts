/** Secrets as people make them, from the Secret to the status of the object that refers to it (issue 18, points 4 and 7). */
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECRET as SECRETS, type Secret } from "../../../../src/runtime/kube.ts";
import { makePemFiles, openssl, PEM_SHAPES, type PemShape } from "../../../support/pem-shapes.ts";
import { SECRET, SECRET_SHAPES, tellsTheSecret } from "../../../support/secret-shapes.ts";
import { createSmallWorld, peopleOf, type SmallWorld } from "../../../support/small-world.ts";

const HOUR_MS = 3_600_000;
let world: SmallWorld;
let round = 0;

async function setSecret(data: Readonly<Record<string, Buffer>>): Promise<void> {
  const key = { namespace: "mail", name: "o365" };
  await world.cluster.client.delete(SECRETS, key);
  const encoded = Object.entries(data).map(([name, bytes]) => [name, bytes.toString("base64")]);
  await world.cluster.client.create<Secret>(SECRETS, { metadata: key, data: Object.fromEntries(encoded) });
}

/** A token of before proves nothing of the Secret as it is now. */
async function sync() {
  world.now += HOUR_MS;
  world.tenant.expireTokens();
  return world.ask("sync", `round-${round++}`);
}

const WHY: Readonly<Record<string, RegExp>> = {
  strangers: /tls\.key of the Secret does not belong to any certificate in tls\.crt/,
  unreadable: /must be PEM, the key without a passphrase/,
  notRsa: /Entra takes RSA only/,
};
const [REFUSED, TAKEN] = [true, false].map((isRefused) =>
  PEM_SHAPES.filter(({ chosen }) => chosen in WHY === isRefused),
);

describe.skipIf(openssl === undefined)("A certificate in a Secret", () => {
  const files = makePemFiles();
  beforeAll(async () => {
    const credentials = { clientId: "11111111-2222-4333-8444-555555555555", certificateRef: { name: "o365" } };
    world = await createSmallWorld({ company: peopleOf(3), spec: { credentials } });
    // The proof is signed by the machine's own clock.
    world.now = Date.now();
    world.tenant.app.certificates.push(files["app.crt"], files["other.crt"]);
  });
  afterAll(() => world.close());

  async function syncWith({ certificate, key }: PemShape) {
    await setSecret({ "tls.crt": Buffer.from(certificate(files)), "tls.key": Buffer.from(key(files)) });
    world.now = Date.now() - HOUR_MS;
    return sync();
  }

  it.each(TAKEN ?? [])("proves the app, and its end is told: $what ($source)", async (shape) => {
    const { state, message } = await syncWith(shape);
    expect(state, message).toBe("Succeeded");
    const own = shape.chosen.startsWith("CN=app") ? files["app.crt"] : files["other.crt"];
    const { credentialExpiryTime = "" } = world.sync().status ?? {};
    expect(Date.parse(credentialExpiryTime)).toBe(Date.parse(new X509Certificate(own).validTo));
  });

  it.each(REFUSED ?? [])("is refused with its cause: $what ($source)", async (shape) => {
    const { state, reason, message } = await syncWith(shape);
    expect({ state, reason }).toEqual({ state: "Failed", reason: "InvalidCredentials" });
    expect(message).toMatch(WHY[shape.chosen] ?? /^$/);
    expect(message).toMatch(shape.looks ?? /./);
    expect(message).not.toMatch(/BEGIN|MII/);
  });
});

describe("A client secret in a Secret", () => {
  beforeAll(async () => {
    world = await createSmallWorld({ company: peopleOf(3) });
    world.tenant.app.secrets.set(SECRET, "valid");
  });
  afterAll(() => world.close());

  it.each(SECRET_SHAPES)("that Entra refuses is told by its shape: $what ($source)", async ({ bytes, told }) => {
    await setSecret({ clientSecret: bytes });
    const { state, reason, message } = await sync();
    expect({ state, reason }).toEqual({ state: "Failed", reason: "InvalidCredentials" });
    expect(message).toContain("AADSTS7000215");
    expect(message).toMatch(told);
    expect(tellsTheSecret(JSON.stringify(world.sync().status))).toBe(false);
  });

  it.each([
    ["as it is", SECRET],
    ["with the line end of echo", `${SECRET}\n`],
    ["with the line end of Windows", `${SECRET}\r\n`],
    ["with blanks around", `  ${SECRET} `],
    ["with a byte order mark", `\ufeff${SECRET}`],
  ])("is taken %s", async (_, secret) => {
    await setSecret({ clientSecret: Buffer.from(secret) });
    const { state, message } = await sync();
    expect(state, message).toBe("Succeeded");
  });
});
