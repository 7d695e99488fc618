/** The routing tables of a domain. */
import { describe, expect, it } from "vitest";
import { parseRelayDomains, renderRelayDomains, renderTransport } from "../../../../src/recipients/tables/routing.ts";

describe("relay_domains", () => {
  it("names every domain, sorted, each line ended", () => {
    expect(renderRelayDomains(["example.org", "example.com"])).toBe("example.com OK\nexample.org OK\n");
  });

  it("is never an empty file", () => {
    expect(renderRelayDomains([])).toBe("nothing-is-routed.invalid OK\n");
  });

  it("can be read back", () => {
    expect(parseRelayDomains(renderRelayDomains(["b.example", "a.example"]))).toEqual(["a.example", "b.example"]);
    expect(parseRelayDomains(undefined)).toEqual([]);
  });
});

describe("transport", () => {
  it.each([
    ["one server", [{ host: "mx.example.com", preference: 10 }], 25, "smtp:[mx.example.com]:25"],
    ["another port", [{ host: "mx.example.com", preference: 10 }], 2525, "smtp:[mx.example.com]:2525"],
    ["an IPv4 address", [{ host: "192.0.2.1", preference: 0 }], 25, "smtp:[192.0.2.1]:25"],
    ["an IPv6 address", [{ host: "2001:db8::1", preference: 0 }], 25, "smtp:[ipv6:2001:db8::1]:25"],
    [
      "servers by preference, equal ones as listed",
      [
        { host: "c", preference: 20 },
        { host: "b", preference: 10 },
        { host: "a", preference: 10 },
      ],
      25,
      "smtp:[b]:25, [a]:25, [c]:25",
    ],
  ])("sends to %s", (_, servers, port, nexthop) => {
    expect(renderTransport(["example.com"], servers, port)).toBe(`example.com ${nexthop}\n`);
  });

  it("sends nothing anywhere while nothing is routed", () => {
    expect(renderTransport([], [{ host: "a", preference: 0 }], 25)).toBe(
      "nothing-is-routed.invalid error:nothing is routed\n",
    );
  });
});
