/** How long a real Postfix takes to see a new list, with files as old as kubelet makes them. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Account } from "../../../src/recipients/model.ts";
import type { Format } from "../../../src/recipients/tables/formats/formats.ts";
import { type Bench, createBench, freePort, timeUntil } from "../../support/gateways/bench.ts";
import { createMount, type Mount, type Mountable } from "../../support/gateways/mount.ts";
import { startPostfix } from "../../support/gateways/postfix.ts";
import { lacks } from "../../support/gateways/programs.ts";
import { askRecipient } from "../../support/gateways/smtp.ts";
import { render } from "../../unit/recipients/support/whole.ts";

const ROUTING = { data: { relay_domains: "example.com OK\n", transport: "example.com smtp:[127.0.0.1]:9\n" } };
const RELOAD_SECONDS = 2;
/** For a machine that has other things to do. */
const SLACK_MS = 1000;

function listOf(format: Format, address: string): Mountable {
  const accounts: Account[] = [{ id: address, address, type: "mailbox", aliases: [] }];
  const [table] = render(
    accounts,
    { domain: "example.com", aliasDomains: [] },
    { formats: [format], shards: 1 },
  ).tables;
  return table ?? {};
}

describe.skipIf(lacks({ programs: ["postfix", "postconf"], root: true }))("A new list is seen", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await createBench();
  });
  afterAll(() => bench?.close());

  /** How long until the new one is accepted and the old one refused, by new connections. */
  async function measure(name: string, format: Format, settings: Record<string, string>, env = {}): Promise<number> {
    const folder = join(bench.folder, name);
    const together = settings["relay_domains"] !== undefined;
    const recipients: Mount = createMount(join(folder, "mount/recipients"));
    const routing = together ? recipients : createMount(join(folder, "mount/routing"));
    routing.update("routing", ROUTING);
    recipients.update("recipients", listOf(format, "old@example.com"));
    const [port, mount] = [await freePort(), join(folder, "mount")];
    const postfix = bench.use(await startPostfix({ folder, port, mount, settings, env }));
    expect(await askRecipient(port, "old@example.com")).toBe(250);
    recipients.update("recipients", listOf(format, "new@example.com"));
    const both = async (): Promise<number[]> => [
      await askRecipient(port, "new@example.com"),
      await askRecipient(port, "old@example.com"),
    ];
    const elapsed = await timeUntil(both, (codes) => codes.join() === "250,550");
    console.log(`${name}: ${Math.round(elapsed)} ms`);
    expect(postfix.complaints()).toEqual([]);
    return elapsed;
  }

  it("at once, from cdb in a volume of its own", async () => {
    expect(await measure("cdb", "cdb", {})).toBeLessThan(2000);
  });

  it("after up to 2 s, from cdb in one volume with the texthash routing, whose files are new then", async () => {
    const settings = {
      relay_domains: "texthash:$sync_folder/recipients/relay_domains",
      transport_maps: "texthash:$sync_folder/recipients/transport",
    };
    const elapsed = await measure("cdb-and-texthash-in-one-volume", "cdb", settings);
    expect(elapsed).toBeGreaterThan(500);
    expect(elapsed).toBeLessThan(2500 + SLACK_MS);
  });

  it("after start.sh's interval and up to 2 s, from texthash", async () => {
    const settings = { relay_recipient_maps: "texthash:$sync_folder/recipients/relay_recipients" };
    const env = { RELOAD_SECONDS: String(RELOAD_SECONDS), RELOAD_FOLDERS: "routing recipients" };
    const elapsed = await measure(`texthash-looked-at-every-${RELOAD_SECONDS}-s`, "postfix", settings, env);
    expect(elapsed).toBeLessThan(RELOAD_SECONDS * 1000 + 2000 + SLACK_MS);
  });
});
