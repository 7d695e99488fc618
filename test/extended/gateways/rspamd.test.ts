/** A real Rspamd reads recipients.map as docs/consumers.md says. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Account } from "../../../src/recipients/model.ts";
import { type Bench, createBench, freePort, timeUntil } from "../../support/gateways/bench.ts";
import { createMount, type Mount } from "../../support/gateways/mount.ts";
import { lacks } from "../../support/gateways/programs.ts";
import { type Rspamd, startRspamd } from "../../support/gateways/rspamd.ts";
import { render } from "../../unit/recipients/support/whole.ts";

const KNOWN = "KNOWN_RECIPIENT";
/** The same map by the path that people would write first. */
const BY_LINK = "BY_LINK";

describe.skipIf(lacks({ programs: ["rspamd"], root: true, optional: true }))("Rspamd", () => {
  let bench: Bench;
  let mount: Mount;
  let rspamd: Rspamd;
  beforeAll(async () => {
    bench = await createBench();
    mount = createMount(join(bench.folder, "mount/recipients"));
    publish("anna@example.com", "/root@example.com", "a#b@example.com", "berta@example.com");
    const byLink = `${BY_LINK} { type = "rcpt"; map = "${mount.path}/recipients.map"; score = 0.0; }\n`;
    const [folder, port] = [join(bench.folder, "rspamd"), await freePort()];
    rspamd = bench.use(await startRspamd(folder, port, join(bench.folder, "mount"), byLink));
  });
  afterAll(() => bench?.close());

  function publish(...addresses: readonly string[]): void {
    const accounts = addresses.map((address): Account => ({ id: address, address, type: "mailbox", aliases: [] }));
    const names = { domain: "example.com", aliasDomains: [] };
    const [table] = render(accounts, names, { formats: ["addresses"], shards: 1 }).tables;
    mount.update("recipients", table ?? {});
  }
  const ours = async (recipient: string): Promise<string[]> =>
    ((await rspamd.symbols(recipient)) ?? []).filter((symbol) => [KNOWN, BY_LINK].includes(symbol)).sort();

  it.each([
    ["anna@example.com", [BY_LINK, KNOWN]],
    ["BERTA@Example.COM", [BY_LINK, KNOWN]],
    ["postmaster@example.com", [BY_LINK, KNOWN]],
    ["ana@example.com", []],
    ["a@example.com", []],
  ])("tells %s as %j", async (recipient, symbols) => {
    expect(await ours(recipient)).toEqual(symbols);
  });

  it("sees a new list through ..data, and not through the link", async () => {
    publish("clara@example.com", "berta@example.com");
    const elapsed = await timeUntil(
      () => ours("clara@example.com"),
      (symbols) => symbols.includes(KNOWN),
    );
    console.log(`rspamd, looking every second: added after ${Math.round(elapsed)} ms`);
    expect(await ours("clara@example.com")).toEqual([KNOWN]);
    expect(await ours("anna@example.com")).toEqual([BY_LINK]);
    expect(await ours("berta@example.com")).toEqual([BY_LINK, KNOWN]);
  });
});
