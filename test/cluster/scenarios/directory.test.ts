/** The directory as people really have it, end to end against the simulated tenant (issue 18). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCompany } from "../../../dev/tenant/company.ts";
import { appCertificate, appKey } from "../../../dev/tls/index.ts";
import { parseLeftOut } from "../../../src/publication/left-out-file.ts";
import { createWorld, type World } from "../../support/world.ts";

describe("a directory as people have it", () => {
  let world: World;
  const company = createCompany(["example.com", "bücher.example", "x.onmicrosoft.com"]);
  beforeAll(async () => {
    company.hire("ada@example.com", ["a@example.com"]);
    company.hire("ben@example.com", ["ben@bücher.example"]);
    // Their real primary is elsewhere.
    company.hire("kim@x.onmicrosoft.com", ["kim@example.com"]);
    company.addGroup("all@example.com");
    company.addGroup("team@example.com");
    const fresh = company.addGroup("fresh@example.com");
    fresh.mail = null;
    fresh.proxyAddresses = [];
    company.find("ada@example.com").proxyAddresses.push(" smtp:blank@example.com", "smtp:jörg@example.com");
    world = await createWorld({ company });
    await world.install(
      { excludeRecords: ["aa-*"], operationsLimit: { accountDeletes: 0 } },
      { aliasDomains: [{ name: "xn--bcher-kva.example", recipients: "Directory" }] },
    );
  });
  afterAll(() => world.close());

  const table = async (): Promise<string[]> =>
    ((await world.configMap("example-com-recipients"))?.data?.["relay_recipients"] ?? "").split("\n");
  const leftOut = async () =>
    parseLeftOut((await world.configMap("example-com-left-out"))?.data?.["left-out.jsonl"] ?? "damaged");

  it("is published although a group has no address yet; domains are compared as A-labels (points 1 and 6)", async () => {
    const { status } = await world.ask("sync", "first");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded", reason: "Published" });
    expect(status?.lastSync?.dropped).toEqual({ noAddress: 1, nonAscii: 1 });
    for (const address of ["blank@example.com", "ben@xn--bcher-kva.example", "kim@example.com", "team@example.com"])
      expect(await table()).toContain(`${address} OK`);
  });

  it("tells what is left out, with its object and reason (point 6)", async () => {
    const entries = (await leftOut())?.entries.map(({ reason, address }) => `${reason} ${address}`);
    expect(entries).toEqual(["noAddress undefined", "nonAscii jörg@example.com"]);
    expect((await world.configMap("example-com-left-out"))?.metadata.labels?.["o365sync.dev/role"]).toBe("left-out");
  });

  it("lets a new alias that sorts first match a pattern, and nobody loses their mail by it (point 2)", async () => {
    company.addAlias("kim@x.onmicrosoft.com", "aa-kim@example.com");
    const { status } = await world.ask("sync", "excluded-alias");
    expect(status?.lastSync).toMatchObject({ result: "Unchanged" });
    expect(await table()).toContain("kim@example.com OK");
    expect((await leftOut())?.entries.at(-1)).toMatchObject({ address: "aa-kim@example.com", pattern: "aa-*" });
  });

  it("counts a usual rename as an alias that is added, so that accountDeletes: 0 lets it through (point 2)", async () => {
    const ada = company.find("ada@example.com");
    ada.proxyAddresses = ["SMTP:ada.abel@example.com", "smtp:ada@example.com", ...ada.proxyAddresses.slice(1)];
    ada.mail = "ada.abel@example.com";
    const { status } = await world.ask("sync", "rename");
    expect(status?.lastSync).toMatchObject({ result: "Published", changes: { aliasAdds: 1, total: 1 } });
    for (const address of ["ada@example.com", "ada.abel@example.com"]) expect(await table()).toContain(`${address} OK`);
  });

  it("counts another election as nothing but the new alias (point 2)", async () => {
    company.addAlias("kim@x.onmicrosoft.com", "ab.kim@example.com");
    const { status } = await world.ask("sync", "election");
    expect(status?.lastSync).toMatchObject({ result: "Published", changes: { aliasAdds: 1, total: 1 } });
  });

  it("is no fault of the secret when somebody in between answers (point 9)", async () => {
    const heal = world.tenant.fault({
      on: "users",
      effect: {
        kind: "answer",
        status: 403,
        body: JSON.stringify({ message: "blocked" }),
        headers: { "request-id": "" },
      },
    });
    const { status } = await world.ask("testConnection", "blocked");
    heal();
    expect(status?.requests?.testConnection).toMatchObject({ state: "Failed", reason: "MalformedAnswer" });
  });
});

describe("a domain below another domain", () => {
  let world: World;
  const company = createCompany(["example.com", "sub.example.com"]);
  beforeAll(async () => {
    company.hire("ada@example.com", ["ada@sub.example.com"]);
    company.hire("ben@sub.example.com");
    world = await createWorld({ company });
    await world.install({ excludeRecords: [] });
    const { spec } = await world.domain();
    const { spec: sync } = await world.sync();
    const metadata = { name: "sub-example-com" };
    await world.apply("maildomains", {
      ...(await world.domain()),
      metadata,
      spec: { ...spec, domain: "sub.example.com" },
    });
    await world.apply("o365syncs", { ...(await world.sync()), metadata, spec: { ...sync, domainRef: metadata } });
  });
  afterAll(() => world.close());

  const table = async (name: string) => (await world.configMap(`${name}-recipients`))?.data?.["relay_recipients"] ?? "";

  it("has a list and a route of its own, and neither takes the other's addresses (issue 18, point 10)", async () => {
    for (const name of ["example-com", "sub-example-com"]) {
      const { status } = await world.ask("sync", "first", name);
      expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    }
    expect(await table("example-com")).toBe("abuse@example.com OK\nada@example.com OK\npostmaster@example.com OK\n");
    expect(await table("sub-example-com")).toBe(
      ["abuse", "ada", "ben", "postmaster"].map((local) => `${local}@sub.example.com OK\n`).join(""),
    );
    const routes = (await world.configMap("sub-example-com-routing"))?.data?.["relay_domains"];
    expect(routes).toBe("sub.example.com OK\n");
  });

  it("goes without taking the other's people along", async () => {
    company.remove("ben@sub.example.com");
    company.removeAlias("ada@example.com", "ada@sub.example.com");
    const { status } = await world.ask("sync", "second", "sub-example-com");
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "EmptyResult" });
    expect(await table("sub-example-com")).toContain("ben@sub.example.com OK");
    expect((await world.ask("sync", "second")).status?.lastSync).toMatchObject({ result: "Unchanged" });
  });
});

describe("files as people make them, through a real API server", () => {
  let world: World;
  beforeAll(async () => {
    const company = createCompany(["example.com"]);
    company.hire("ada@example.com");
    world = await createWorld({ company });
    world.tenant.app.certificates.push(appCertificate);
  });
  afterAll(() => world.close());

  it("a list of PowerShell's in binaryData, and a PEM of Windows with the key first (issue 18, points 3 and 4)", async () => {
    const list = Buffer.from("\ufeffSMTP:Ada@Example.com\r\nsmtp:gone@example.com\r\nx@other.org\r\n", "utf16le");
    const metadata = { name: "old-gateway" };
    const binaryData = { list: list.toString("base64") };
    await world.apply("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata, binaryData });
    const pem = `${appKey}${appCertificate}`.replaceAll("\n", "\r\n");
    await world.apply("secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "o365-cert" },
      stringData: { "tls.crt": pem, "tls.key": pem },
    });
    await world.install({
      baselineRef: { name: "old-gateway", key: "list" },
      credentials: { clientId: world.tenant.clientId, certificateRef: { name: "o365-cert" } },
    });
    const { status } = await world.ask("testSync", "first");
    expect(status?.requests?.testSync).toMatchObject({ state: "Succeeded" });
    expect(status?.requests?.testSync?.message).toContain("spec.baselineRef names 1 address of other domains");
    expect((await world.configMap("example-com-plan"))?.data?.["plan.txt"]).toMatch(/^- gone@example\.com/m);
    expect(status?.credentialExpiryTime).toBeDefined();
  });
});
