/** The directory as people really have it, end to end against the simulated tenant (issue 18). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCompany } from "../../../dev/tenant/company.ts";
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
