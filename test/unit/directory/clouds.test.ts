import { describe, expect, it } from "vitest";
import { CLOUDS, consentUrl, loadCloudEndpoints, PORTALS } from "../../../src/directory/clouds.ts";

describe("the cloud endpoints file", () => {
  it("replaces what it names and leaves the rest", () => {
    const table = loadCloudEndpoints(
      JSON.stringify({ Global: { authority: "https://localhost:8443/" }, China: { graph: "https://graph.example" } }),
    );
    expect(table).toEqual({
      ...CLOUDS,
      Global: { authority: "https://localhost:8443", graph: "https://graph.microsoft.com" },
      China: { authority: "https://login.partner.microsoftonline.cn", graph: "https://graph.example" },
    });
  });

  it.each([
    { text: "{", says: "not valid JSON" },
    { text: "[]", says: "must be a JSON object" },
    { text: '{"Germany": {}}', says: "Germany: not a cloud, must be one of Global, " },
    { text: '{"constructor": {}}', says: "constructor: not a cloud" },
    { text: '{"Global": "https://localhost"}', says: "Global: must be an object" },
    { text: '{"Global": {"grpah": "https://localhost"}}', says: "Global.grpah: unknown field" },
    { text: '{"Global": {"graph": "http://localhost"}}', says: "Global.graph: must be an https origin" },
    { text: '{"Global": {"graph": "https://localhost/v1.0"}}', says: "Global.graph: must be an https origin" },
    { text: '{"Global": {"graph": "https://me:pw@localhost"}}', says: "Global.graph: must be an https origin" },
    { text: '{"Global": {"graph": 7, "authority": "x"}}', says: /Global\.graph: .*; Global\.authority: / },
  ])("refuses $text", ({ text, says }) => {
    expect(() => loadCloudEndpoints(text)).toThrow(says);
  });
});

describe("the consent link", () => {
  it.each([
    { cloud: "Global", host: "login.microsoftonline.com", scope: "https://graph.microsoft.com/.default" },
    { cloud: "USGovernmentGCCHigh", host: "login.microsoftonline.us", scope: "https://graph.microsoft.us/.default" },
    { cloud: "USGovernmentDoD", host: "login.microsoftonline.us", scope: "https://dod-graph.microsoft.us/.default" },
    {
      cloud: "China",
      host: "login.partner.microsoftonline.cn",
      scope: "https://microsoftgraph.chinacloudapi.cn/.default",
    },
  ] as const)("of $cloud asks for all application permissions of the app", ({ cloud, host, scope }) => {
    const url = new URL(
      consentUrl(CLOUDS[cloud], "contoso.example", "11111111-aaaa", {
        url: "https://gw.example/consent?x=1",
        state: "a&b",
      }),
    );
    expect(`${url.host}${url.pathname}`).toBe(`${host}/contoso.example/v2.0/adminconsent`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: "11111111-aaaa",
      scope,
      redirect_uri: "https://gw.example/consent?x=1",
      state: "a&b",
    });
  });

  it("goes without a redirect where the installation has none", () => {
    expect(consentUrl(CLOUDS.Global, "t", "c", { url: PORTALS.Global })).not.toContain("state=");
  });
});
