import { describe, expect, it } from "vitest";
import { type Config, parseConfig } from "../../../src/config/config.ts";
import { UsageError } from "../../../src/config/values.ts";

function proxyOf(env: Readonly<Record<string, string>>): Config["proxy"] {
  const config = parseConfig([], env);
  if (typeof config === "string") throw new Error("help was asked for");
  return config.proxy;
}

describe("the proxy of the environment", () => {
  it.each([
    { env: {}, proxy: undefined },
    { env: { HTTPS_PROXY: "" }, proxy: undefined },
    { env: { HTTP_PROXY: "http://p:1" }, proxy: undefined },
    { env: { HTTPS_PROXY: "http://p:1" }, proxy: { url: "http://p:1", noProxy: "" } },
    { env: { HTTPS_PROXY: "p:1" }, proxy: { url: "http://p:1", noProxy: "" } },
    {
      env: { HTTPS_PROXY: "http://p:1", https_proxy: "http://q:2", NO_PROXY: "a", no_proxy: "b" },
      proxy: { url: "http://q:2", noProxy: "b" },
    },
  ])("$env is read as $proxy", ({ env, proxy }) => {
    expect(proxyOf(env as Record<string, string>)).toEqual(proxy);
  });

  it.each(["socks5://p:1", "http://", "http://u:hush%zz@p:1", "http://a b"])(
    "%s is refused without being repeated",
    (url) => {
      const refusal = (): unknown => proxyOf({ HTTPS_PROXY: url });
      expect(refusal).toThrow(UsageError);
      expect(refusal).toThrow(/^HTTPS_PROXY must be an http or https URL such as (?!.*hush)/);
    },
  );
});
