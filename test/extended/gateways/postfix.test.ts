/** A real Postfix, run as examples/postfix-gateway says, reads what the operator publishes. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { harbourAndPine } from "../../../dev/tenant/fixture.ts";
import { expectedRecipients } from "../../support/expected.ts";
import { inAnyCase, nearMisses, tagged } from "../../support/gateways/addresses.ts";
import { type Bench, createBench, freePort, timeUntil } from "../../support/gateways/bench.ts";
import { createMount, type Mount } from "../../support/gateways/mount.ts";
import { type Postfix, startPostfix } from "../../support/gateways/postfix.ts";
import { lacks } from "../../support/gateways/programs.ts";
import { type Sink, startSink } from "../../support/gateways/sink.ts";
import { askRecipient, askRecipients, sendMail } from "../../support/gateways/smtp.ts";
import { createWorld, type World } from "../../support/world.ts";

const PROGRAMS = ["postfix", "postconf", "smtp-sink"];

describe.skipIf(lacks({ programs: PROGRAMS, root: true }))("A Postfix gateway", () => {
  let bench: Bench;
  let world: World;
  let mounts: { folder: string; recipients: Mount; routing: Mount };
  let expected: string[];
  let sinkPort: number;
  let sinks: { first: Sink; second: Sink };
  /** The example as it is; and one with texthash tables, `+-`, and aliases that are rewritten. */
  let asShipped: Postfix;
  let withTexthash: Postfix;

  const company = harbourAndPine();
  company.hire("anna@example.com");
  company.hire("other.mailbox@example.com", ["anna-maria@example.com"]);
  company.hire("h.meier@example.com", ["meier@example.com"]);

  beforeAll(async () => {
    bench = await createBench();
    sinkPort = await freePort();
    sinks = {
      first: bench.use(await startSink(join(bench.folder, "sink-1"), "127.0.0.1", sinkPort)),
      second: bench.use(await startSink(join(bench.folder, "sink-2"), "127.0.0.2", sinkPort)),
    };
    world = await createWorld({ company });
    await world.install(
      { output: { formats: ["postfix", "cdb", "addresses", "aliases"] } },
      {
        inboundServers: [
          { host: "127.0.0.2", preference: 20 },
          { host: "127.0.0.1", preference: 10 },
        ],
        deliveryPort: sinkPort,
        aliasDomains: [
          { name: "example.net", recipients: "Directory" },
          { name: "example.org", recipients: "Mirror" },
        ],
      },
    );
    await world.ask("sync", "first");
    const folder = join(bench.folder, "mount");
    mounts = {
      folder,
      recipients: createMount(join(folder, "recipients"), { agedMs: 3000 }),
      routing: createMount(join(folder, "routing"), { agedMs: 3000 }),
    };
    await remount();
    expected = expectedRecipients(company, "example.com", ["example.net"], ["example.org"]);
    asShipped = await start("as-shipped", {});
    withTexthash = await start("with-texthash", {
      relay_recipient_maps: "texthash:$sync_folder/recipients/relay_recipients",
      virtual_alias_maps: "texthash:$sync_folder/recipients/virtual_aliases",
      recipient_delimiter: "+-",
    });
  });
  afterAll(async () => {
    await world?.close();
    await bench?.close();
  });

  const start = async (name: string, settings: Record<string, string>): Promise<Postfix> =>
    bench.use(
      await startPostfix({ folder: join(bench.folder, name), port: await freePort(), mount: mounts.folder, settings }),
    );
  /** Mounts every table and route that stands, one ConfigMap after the other. */
  const remount = async (): Promise<void> => {
    for (const configMap of await world.configMaps()) {
      const { name, labels } = configMap.metadata;
      const shard = /-recipients-\d+-(\d+)$/.exec(name)?.[1];
      if (labels?.["o365sync.dev/role"] === "recipients") mounts.recipients.update(name, configMap, shard);
      if (labels?.["o365sync.dev/role"] === "routing") mounts.routing.update(name, configMap);
    }
  };
  const codes = async ({ port }: Postfix, addresses: readonly string[]): Promise<Record<number, number>> => {
    const counts: Record<number, number> = {};
    for (const { code } of (await askRecipients(port, addresses)).values()) counts[code] = (counts[code] ?? 0) + 1;
    return counts;
  };

  it.each([
    ["as shipped, from cdb", () => asShipped],
    ["from texthash", () => withTexthash],
  ])("accepts every address of the company in any case, %s", async (_, postfix) => {
    const addresses = inAnyCase(expected);
    expect(expected.length).toBeGreaterThan(700);
    expect(await codes(postfix(), addresses)).toEqual({ 250: new Set(addresses).size });
  });

  it.each([
    ["as shipped, from cdb", () => asShipped],
    ["from texthash", () => withTexthash],
  ])("refuses 1,000 near misses with 550, %s", async (_, postfix) => {
    const answers = [...(await askRecipients(postfix().port, nearMisses(expected, 1000))).values()];
    expect(answers).toHaveLength(1000);
    expect(answers.filter(({ text }) => !/^550 5\.1\.1 .*User unknown in relay recipient table/.test(text))).toEqual(
      [],
    );
  });

  it("accepts every address with an extension, by the delimiters that are set", async () => {
    const plain = expected.filter((address) => !/[+-]/.test(address));
    const [plus, minus] = [
      plain.map((address) => tagged(address, "+x")),
      plain.map((address) => tagged(address, "-x")),
    ];
    expect(await codes(asShipped, plus)).toEqual({ 250: plain.length });
    expect(await codes(asShipped, minus)).toEqual({ 550: plain.length });
    expect(await codes(withTexthash, [...plus, ...minus])).toEqual({ 250: 2 * plain.length });
  });

  it("with +- finds anna-maria before anna, and takes anna-nobody for anna", async () => {
    expect(await askRecipient(withTexthash.port, "anna-nobody@example.com")).toBe(250);
    await sendMail(withTexthash.port, "anna-maria@example.com", "for anna-maria");
    await sendMail(withTexthash.port, "anna@example.com", "for anna");
    await timeUntil(sinks.first.received, (mails) => mails.length >= 2);
    expect(sinks.first.received().sort()).toEqual([
      "for anna to anna@example.com",
      "for anna-maria to other.mailbox@example.com",
    ]);
  });

  it.each(["example.com", "example.net", "example.org"])("accepts postmaster and abuse at %s", async (domain) => {
    expect(await codes(asShipped, [`postmaster@${domain}`, `ABUSE@${domain}`, "postmaster"])).toEqual({ 250: 3 });
  });

  it("knows at a Directory domain whom the tenant has there, and at a Mirror domain everybody", async () => {
    const [has, hasNot] = ["ada.abel", "ada.berg"];
    const found = await askRecipients(
      asShipped.port,
      [has, hasNot].flatMap((local) => ["com", "net", "org"].map((top) => `${local}@example.${top}`)),
    );
    expect([...found].map(([address, { code }]) => `${address} ${code}`)).toEqual([
      `${has}@example.com 250`,
      `${has}@example.net 250`,
      `${has}@example.org 250`,
      `${hasNot}@example.com 250`,
      `${hasNot}@example.net 550`,
      `${hasNot}@example.org 250`,
    ]);
  });

  it("rewrites an alias where virtual_aliases is used, and leaves the envelope alone where it is not", async () => {
    await sendMail(asShipped.port, "meier@example.org", "as it is");
    await sendMail(withTexthash.port, "meier@example.org", "rewritten");
    await timeUntil(sinks.first.received, (mails) => mails.length >= 4);
    expect(sinks.first.received()).toContain("as it is to meier@example.org");
    expect(sinks.first.received()).toContain("rewritten to h.meier@example.com");
  });

  it("does not relay for a domain that is not published, nor for one that nobody claimed", async () => {
    await world.apply("maildomains", {
      apiVersion: "o365sync.dev/v1alpha1",
      kind: "MailDomain",
      metadata: { name: "unpublished" },
      spec: { domain: "unpublished.example", serverType: "Office365", inboundServers: [{ host: "127.0.0.1" }] },
    });
    await world.until(
      () => world.domain("unpublished"),
      ({ status }) => status?.conditions?.[0]?.reason === "NoRecipientList",
    );
    await remount();
    const answers = await askRecipients(asShipped.port, [
      "a@unpublished.example",
      "a@nobody.example",
      "a@sub.example.com",
    ]);
    expect([...answers.values()].map(({ text }) => text.replace(/<.*>/, "…"))).toEqual(
      Array(3).fill("554 5.7.1 …: Relay access denied"),
    );
  });

  it("delivers to the preferred server, and to the next one while that is down", async () => {
    expect(sinks.second.received()).toEqual([]);
    await sinks.first.stop();
    await sendMail(asShipped.port, "ada.abel@example.com", "the second");
    await timeUntil(sinks.second.received, (mails) => mails.length > 0);
    expect(sinks.second.received()).toEqual(["the second to ada.abel@example.com"]);
  });

  it("in shadow mode accepts everybody, and logs whom it would have refused", async () => {
    const shadow = await start("shadow", {
      smtpd_recipient_restrictions: "warn_if_reject reject_unlisted_recipient",
      smtpd_reject_unlisted_recipient: "no",
    });
    const misses = nearMisses(expected, 100);
    expect(await codes(shadow, [...misses, ...expected.slice(0, 100)])).toEqual({ 250: 200 });
    expect(await askRecipient(shadow.port, "a@nobody.example")).toBe(554);
    const warned = [...shadow.log().matchAll(/reject_warning: RCPT from .* 550 5\.1\.1 <(.*?)>: .*User unknown/g)];
    expect(warned.map(([, address]) => address)).toEqual(misses);
  });

  it("reads four shards as it read one", async () => {
    await world.patch("o365syncs", "example-com", { spec: { output: { shards: 4 } } });
    await world.until(
      () => world.sync(),
      ({ status }) => status?.published?.shards === 4,
    );
    await remount();
    const maps = (type: string) =>
      [0, 1, 2, 3].map((shard) => `${type}:$sync_folder/recipients/${shard}/relay_recipients`).join(" ");
    for (const type of ["cdb", "texthash"]) {
      const sharded = await start(`sharded-${type}`, { relay_recipient_maps: maps(type) });
      expect(await codes(sharded, inAnyCase(expected))).toEqual({ 250: new Set(inAnyCase(expected)).size });
      expect(await codes(sharded, nearMisses(expected, 1000))).toEqual({ 550: 1000 });
      expect(sharded.complaints()).toEqual([]);
    }
  });

  it("stops relaying for a domain once its route is withdrawn and Postfix has reloaded", async () => {
    await world.patch("maildomains", "example-com", { spec: { inboundServers: null } });
    await world.until(
      () => world.configMap("example-com-routing"),
      (found) => found?.data?.["relay_domains"] === "nothing-is-routed.invalid OK\n",
    );
    await remount();
    await asShipped.reload();
    await timeUntil(
      () => askRecipient(asShipped.port, "ada.abel@example.com"),
      (code) => code === 554,
    );
    // Nobody leaves it so: what is published is routed in the end.
    await world.patch("maildomains", "example-com", { spec: { inboundServers: [{ host: "127.0.0.1" }] } });
    await world.until(
      () => world.configMap("example-com-routing"),
      (found) => found?.data?.["relay_domains"]?.includes("example.com OK\n") === true,
    );
  });

  it("never had anything to complain about", () => {
    expect(withTexthash.complaints()).toEqual([]);
    expect(asShipped.complaints()).toEqual([]);
  });
});
