/** The routing tables of a domain. */
import { describe, expect, it } from "vitest";
import {
  parseRelayDomains,
  renderRelayDomains,
  renderTransport,
  routedIn,
  withoutNames,
} from "../../../../src/recipients/tables/routing.ts";

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

describe("relay_domains that somebody else may have written", () => {
  it("names what is known, and of all else a bounded number, each once", () => {
    const others = Array.from({ length: 100_000 }, (_, index) => `x${index}.test`);
    const text = [...others, ...others, "a.test", "B C", "$(reboot) OK", "-x", "known", ""].join("\n");
    const names = routedIn(text, ["a.test", "known", "absent.test"]);
    expect(names).toEqual([...others.slice(0, 1024), "a.test", "known"]);
  });

  it("loses a table what is named to it, whatever else stands there", () => {
    expect(withoutNames("relay_domains", "a OK\nb OK\n\nx y\n", ["a", "absent"])).toBe("b OK\nx y\n");
    expect(withoutNames("transport", "a smtp:[b]:25\n", ["a"])).toBe(renderTransport([], [], 25));
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
