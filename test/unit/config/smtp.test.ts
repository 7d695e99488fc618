/** How mails leave, from flags and environment: what is understood, and what is refused with which words. */
import { describe, expect, it } from "vitest";
import { type Config, parseConfig } from "../../../src/config/config.ts";

const FROM = "--smtp-from=sync@example.com";

function parse(args: readonly string[], env: Record<string, string> = {}): Config {
  const config = parseConfig(args, env);
  if (typeof config === "string") throw new Error("help was asked for");
  return config;
}

describe("A mail server", () => {
  it.each([
    ["none", [], {}, undefined],
    ["by name: STARTTLS is required", ["--smtp-host=mx", FROM], {}, "starttls mx:587"],
    ["with TLS from the start", ["--smtp-host=mx", "--smtp-tls=tls", FROM], {}, "tls mx:465"],
    ["in the clear, on purpose", ["--smtp-host=mx", "--smtp-tls=none", FROM], {}, "none mx:25"],
    ["on a port of its own", ["--smtp-host=10.0.0.1", "--smtp-port=2525", FROM], {}, "starttls 10.0.0.1:2525"],
    ["by URL", ["--smtp-url=smtp://mx", FROM], {}, "starttls mx:587"],
    ["by URL with everything", ["--smtp-url=smtps://me%40x:p%2Fw@mx:2465", FROM], {}, "tls mx:2465 me@x p/w"],
    ["by URL from the environment", [FROM], { SMTP_URL: "smtp://a:b@mx" }, "starttls mx:587 a b"],
    ["by URL at an IPv6 address", ["--smtp-url=smtp://[::1]:25", FROM], {}, "starttls ::1:25"],
    [
      "with a password from the environment",
      ["--smtp-host=mx", "--smtp-username=me", FROM],
      { SMTP_PASSWORD: "pw" },
      "starttls mx:587 me pw",
    ],
    [
      "with a password file",
      ["--smtp-host=mx", "--smtp-username=me", "--smtp-password-file=/run/pw", FROM],
      {},
      "starttls mx:587 me /run/pw",
    ],
  ] as const)("%s", (_name, args, env, expected) => {
    const { smtp } = parse(args, env);
    const { host, port, security, username, password, passwordFile } = smtp ?? {};
    const words = [security, `${host}:${port}`, username, password ?? passwordFile];
    expect(smtp && words.filter((word) => word !== undefined).join(" ")).toBe(expected);
  });

  it("may take ten seconds for each step, unless told", () => {
    expect(parse(["--smtp-host=mx", FROM]).smtp?.timeoutMs).toBe(10_000);
    expect(parse(["--smtp-host=mx", FROM]).smtp?.clientName).toBe("example.com");
    expect(parse(["--smtp-host=mx", "--smtp-client-name=pod.example.net", FROM]).smtp?.clientName).toBe(
      "pod.example.net",
    );
  });
});

describe("Settings that cannot be used", () => {
  it.each([
    [["--smtp-host=mx", "--smtp-client-name=a b", FROM], '--smtp-client-name must be a host name, not "a b"'],
    [["--smtp-host=mx"], '--smtp-from must be one mail address, not ""'],
    [["--smtp-host=mx", "--smtp-from=Ops <ops@x.y>"], '--smtp-from must be one mail address, not "Ops <ops@x.y>"'],
    [["--smtp-host=m x", FROM], '--smtp-host must be a host name or an IP address, not "m x"'],
    [["--smtp-host=mx", "--smtp-url=smtp://mx", FROM], "--smtp-host and --smtp-url name the same thing: leave one out"],
    [["--smtp-host=mx", "--smtp-tls=ssl", FROM], '--smtp-tls must be starttls, tls or none, not "ssl"'],
    [
      ["--smtp-host=mx", "--smtp-username=me", FROM],
      "--smtp-username needs --smtp-password-file, or the environment variable SMTP_PASSWORD",
    ],
    [["--smtp-host=mx", "--smtp-password-file=/x", FROM], "--smtp-password-file needs --smtp-username"],
    [
      ["--smtp-url=smtp://a:b@mx", "--smtp-tls=none", FROM],
      "--smtp-tls=none would send the password in the clear: use starttls or tls, or no user name",
    ],
    [["--smtp-host=mx", "--smtp-timeout=600", FROM], '--smtp-timeout must be a whole number from 1 to 60, not "600"'],
    [["--notification-allowed-domains=exa mple"], '--notification-allowed-domains: "exa mple" is no domain'],
  ])("%j", (args, message) => {
    expect(() => parse(args)).toThrow(message);
  });

  it.each(["http://a:hunter2@mx", "smtp://a:hunter2@mx/path", "hunter2", "smtp://a:%E0%A4hunter2@mx"])(
    "a URL is never repeated, it may hold a password",
    (url) => {
      expect(() => parse([`--smtp-url=${url}`, FROM])).toThrow(/^--smtp-url(?!.*hunter2)/);
    },
  );
});

it("allowed domains are compared in lower case", () => {
  expect(parse(["--notification-allowed-domains=Example.com, example.net"]).notificationAllowedDomains).toEqual([
    "example.com",
    "example.net",
  ]);
});
