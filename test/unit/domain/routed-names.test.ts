import { describe, expect, it } from "vitest";
import type { MailDomain } from "../../../src/api/types.generated.ts";
import { routingOf } from "../../../src/domain/routed-names.ts";

const domain = {
  metadata: { name: "a", namespace: "mail" },
  spec: {
    domain: "a.test",
    aliasDomains: [{ name: "m.test", recipients: "Mirror" }],
    inboundServers: [{ host: "mx.a.test", preference: 10 }],
  },
} as MailDomain;

describe("A name that only a list of another MailDomain has", () => {
  const lists = [
    { names: ["a.test"], isOwn: true },
    { names: ["m.test"], isOwn: false },
  ];

  it("enters no routing, although the spec asks for it", () => {
    const routing = routingOf({ domain, lists, routed: ["a.test"], rivals: [] });
    expect(routing).toMatchObject({ names: ["a.test"], missing: ["m.test"] });
  });

  it("stays where it is routed already: gateways still mount that table", () => {
    expect(routingOf({ domain, lists, routed: ["a.test", "m.test"], rivals: [] }).names).toEqual(["a.test", "m.test"]);
  });
});
