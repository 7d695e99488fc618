/** What the schemas accept: the examples, the YAML of the documentation, and the edges of every bound; and what they fill in. */
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { request } from "../../support/api.ts";
import { createNamespace } from "../../support/controlplane.ts";
import { collection, mailDomain, o365Sync, type TestObject } from "./objects.ts";

const ROOT = new URL("../../../", import.meta.url);
const FENCE = /^```ya?ml\n(.*?)^```/gms;

let namespace: string;
beforeAll(async () => {
  namespace = await createNamespace();
});

/** Our objects in a YAML text; whole ones only, since documentation also shows parts of objects. */
function ourObjects(yaml: string): TestObject[] {
  const documents = parseAllDocuments(yaml).map((document) => document.toJS() as TestObject | null);
  return documents.filter((object) => object?.apiVersion === "o365sync.dev/v1alpha1") as TestObject[];
}

function filesUnder(folder: string, extension: string): string[] {
  const files = readdirSync(new URL(folder, ROOT), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(extension)).map((file) => `${folder}${file}`);
}

const read = (file: string): string => readFileSync(new URL(file, ROOT), "utf8");

const examples = filesUnder("examples/", ".yaml").flatMap((file) =>
  ourObjects(read(file)).map((object) => [file, object.kind, object] as const),
);
const documented = ["README.md", ...filesUnder("docs/", ".md")]
  .filter((file) => filesUnder("docs/", ".md").includes(file) || readdirSync(ROOT).includes(file))
  .flatMap((file) =>
    [...read(file).matchAll(FENCE)].flatMap(([, yaml = ""]) => ourObjects(yaml).map((o) => [file, o] as const)),
  )
  .map(([file, object], index) => [`${file} (object ${index + 1})`, object.kind, object] as const);

async function expectAccepted(given: TestObject): Promise<void> {
  const object = { ...given, metadata: { ...given.metadata, namespace } };
  const path = collection(object, namespace);
  const applied = await request(
    "PATCH",
    `${path}/${object.metadata.name}?dryRun=All&fieldManager=test&fieldValidation=Strict`,
    JSON.stringify(object),
    "application/apply-patch+yaml",
  );
  expect(applied.status, JSON.stringify(applied.body)).toBeLessThan(300);
  const created = await request("POST", `${path}?dryRun=All&fieldValidation=Strict`, object);
  expect(created.status, JSON.stringify(created.body)).toBe(201);
}

describe("Every example is accepted, without an unknown field:", () => {
  it.each([...examples, ...documented])("%s, %s", async (_file, _kind, object) => expectAccepted(object));

  it("examples/full.yaml sets every field that can stand beside the others", () => {
    const [domain, sync] = ourObjects(read("examples/full.yaml"));
    expect(Object.keys(domain?.spec ?? {})).toEqual(fieldsOf("maildomains"));
    expect(Object.keys(sync?.spec ?? {})).toEqual(fieldsOf("o365syncs"));
  });
});

function fieldsOf(plural: string): string[] {
  const [crd] = parseAllDocuments(read(`crds/${plural}.yaml`));
  const path = ["spec", "versions", 0, "schema", "openAPIV3Schema", "properties", "spec", "properties"];
  return Object.keys((crd?.getIn(path) as { toJSON(): object } | undefined)?.toJSON() ?? {});
}

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const label = "a".repeat(63);
const GUID = "ABCDEF01-2222-3333-4444-555555555555";

describe("The edges of what is allowed are accepted:", () => {
  it.each([
    ["a name of 63 characters", mailDomain({}, label)],
    ["a domain of 253 characters", mailDomain({ domain: `${`${label}.`.repeat(3)}${"b".repeat(57)}.com` })],
    ["an internationalised domain", mailDomain({ domain: "xn--bcher-kva.xn--p1ai" })],
    ["an IPv4 host", mailDomain({ inboundServers: [{ host: "192.0.2.1" }] })],
    ["an IPv6 host", mailDomain({ inboundServers: [{ host: "2001:db8::1" }] })],
    ["16 inbound servers", mailDomain({ inboundServers: many(16, (i) => ({ host: `mx${i}.a.de` })) })],
    ["50 alias domains", mailDomain({ aliasDomains: many(50, (i) => ({ name: `a${i}.de` })) })],
    ["every server type", mailDomain({ serverType: "GoogleWorkspace" })],
    ["a tenant by upper-case GUID", o365Sync({ tenantId: GUID })],
    ["a tenant by its own domain", o365Sync({ tenantId: "Example.com" })],
    ["a workload identity", o365Sync({ credentials: { clientId: GUID, workloadIdentity: {} } })],
    ["a certificate", o365Sync({ credentials: { clientId: GUID, certificateRef: { name: "a.b-c" } } })],
    ["timesPerDay alone", o365Sync({ schedule: { timesPerDay: 4 } })],
    ["times alone", o365Sync({ schedule: { times: ["00:00", "23:59"] } })],
    ["cron", o365Sync({ schedule: { cron: "0 6,18 * * 1-5" } })],
    ["cron with names", o365Sync({ schedule: { cron: "30 4 * JAN-DEC MON,wed,THU" } })],
    ["cron with steps", o365Sync({ schedule: { cron: "0 */6 * * *" } })],
    ["a zone of three parts", o365Sync({ schedule: { timeZone: "America/Argentina/Buenos_Aires" } })],
    ["a zone with a sign", o365Sync({ schedule: { timeZone: "Etc/GMT+5" } })],
    ["one source", o365Sync({ sources: { users: false, groups: false } })],
    ["500 patterns of 320 characters", o365Sync({ excludeRecords: many(500, (i) => `${i}`.padEnd(320, "*")) })],
    [
      "1000 static recipients of 254 characters",
      o365Sync({
        staticRecipients: many(1000, (i) =>
          `${i}`.padEnd(64, "x").concat("@", `${label}.${label}.${"b".repeat(57)}.com`),
        ),
      }),
    ],
    ["every character of a plain address", o365Sync({ staticRecipients: ["a!#$%&'*+-/=?^_`{|}~.1@Example.com"] })],
    ["limits of 0", o365Sync({ operationsLimit: { accountAdds: 0, total: 0 } })],
    ["no format", o365Sync({ output: { formats: [] } })],
    ["128 shards", o365Sync({ output: { shards: 128 } })],
    ["recipients without notifications", o365Sync({ notifications: { recipients: ["a@b.de"] } })],
  ])("%s", async (_what, object) => expectAccepted(object));
});

describe("Defaults", () => {
  const create = async (object: TestObject): Promise<TestObject> => {
    const { status, body } = await request("POST", `${collection(object, namespace)}?dryRun=All`, object);
    expect(status, JSON.stringify(body)).toBe(201);
    return body as TestObject;
  };

  it("of a MailDomain", async () => {
    const object = mailDomain({ inboundServers: [{ host: "mx.a.de" }], aliasDomains: [{ name: "a.de" }] });
    const { spec, status } = await create(object);
    expect(spec).toEqual({
      domain: "example.com",
      serverType: "Office365",
      inboundServers: [{ host: "mx.a.de", preference: 10 }],
      deliveryPort: 25,
      aliasDomains: [{ name: "a.de", recipients: "Directory" }],
      deletionPolicy: "Orphan",
    });
    expect(status).toEqual({ observedGeneration: -1 });
  });

  it("of an O365Sync", async () => {
    const { spec, status } = await create(o365Sync());
    expect(spec).toEqual({
      domainRef: { name: "example-com" },
      tenantId: "example.onmicrosoft.com",
      cloud: "Global",
      schedule: { enabled: false, timeZone: "UTC", startingDeadlineSeconds: 7200 },
      suspend: false,
      sources: { users: true, groups: true, contacts: true },
      deletionGuard: { enabled: true, maxPercent: 10, floor: 10 },
      notifications: { enabled: false },
      output: { formats: ["postfix"], shards: 1, deletionPolicy: "Orphan" },
      historyLimit: 30,
    });
    expect(status).toEqual({ observedGeneration: -1 });
  });

  it("of an O365Sync's parts that are given in part", async () => {
    const parts = {
      credentials: { clientId: GUID, clientSecretRef: { name: "a" } },
      schedule: { timesPerDay: 2 },
      sources: { contacts: false },
      deletionGuard: { floor: 5 },
      baselineRef: { name: "old" },
      notifications: { recipients: ["a@b.de"] },
      output: { shards: 4 },
    };
    const { spec } = await create(o365Sync(parts));
    expect(spec).toMatchObject({
      credentials: { clientSecretRef: { name: "a", key: "clientSecret" } },
      schedule: { enabled: false, timesPerDay: 2, timeZone: "UTC", startingDeadlineSeconds: 7200 },
      sources: { users: true, groups: true, contacts: false },
      deletionGuard: { enabled: true, maxPercent: 10, floor: 5 },
      baselineRef: { name: "old", key: "recipients" },
      notifications: { enabled: false, recipients: ["a@b.de"] },
      output: { formats: ["postfix"], shards: 4, deletionPolicy: "Orphan" },
    });
  });
});
