/** A real Exim, configured as docs/consumers.md says, reads what the operator publishes. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectedRecipients } from "../../support/expected.ts";
import { inAnyCase, nearMisses, tagged } from "../../support/gateways/addresses.ts";
import { type Bench, createBench, freePort, timeUntil } from "../../support/gateways/bench.ts";
import { type Exim, startExim } from "../../support/gateways/exim.ts";
import { createMount } from "../../support/gateways/mount.ts";
import { lacks } from "../../support/gateways/programs.ts";
import { type Sink, startSink } from "../../support/gateways/sink.ts";
import { askRecipient, askRecipients, sendMail } from "../../support/gateways/smtp.ts";
import { createWorld, type World } from "../../support/world.ts";

describe.skipIf(lacks({ programs: ["exim4", "smtp-sink"], root: true }))("An Exim gateway", () => {
  let bench: Bench;
  let world: World;
  let exim: Exim;
  let sinks: { first: Sink; second: Sink };
  let expected: string[];
  let remount: () => Promise<void>;

  beforeAll(async () => {
    bench = await createBench();
    const sinkPort = await freePort();
    sinks = {
      first: bench.use(await startSink(join(bench.folder, "sink-1"), "127.0.0.1", sinkPort)),
      second: bench.use(await startSink(join(bench.folder, "sink-2"), "127.0.0.2", sinkPort)),
    };
    world = await createWorld();
    await world.install(
      { output: { formats: ["cdb"] } },
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
    const mounts = {
      recipients: createMount(join(bench.folder, "mount/recipients")),
      routing: createMount(join(bench.folder, "mount/routing")),
    };
    remount = async () => {
      mounts.recipients.update("recipients", (await world.configMap("example-com-recipients")) ?? {});
      mounts.routing.update("routing", (await world.configMap("example-com-routing")) ?? {});
    };
    await remount();
    expected = expectedRecipients(world.tenant.company, "example.com", ["example.net"], ["example.org"]);
    exim = bench.use(
      await startExim({
        folder: join(bench.folder, "exim"),
        port: await freePort(),
        mount: join(bench.folder, "mount"),
      }),
    );
  });
  afterAll(async () => {
    await world?.close();
    await bench?.close();
  });

  const refusals = async (addresses: readonly string[]): Promise<string[]> =>
    [...(await askRecipients(exim.port, addresses)).values()].flatMap(({ code, text }) => (code === 250 ? [] : [text]));

  it("accepts every address of the company in any case, postmaster too", async () => {
    expect(await refusals([...inAnyCase(expected), "postmaster"])).toEqual([]);
  });

  it("refuses 1,000 near misses with 550", async () => {
    const answers = await refusals(nearMisses(expected, 1000));
    expect(answers).toEqual(Array(1000).fill("550 Unknown user"));
  });

  it("accepts extensions with + and no others", async () => {
    const some = expected.filter((address) => !/[+-]/.test(address)).slice(0, 100);
    expect(await refusals(some.map((address) => tagged(address, "+x")))).toEqual([]);
    expect(await refusals(some.map((address) => tagged(address, "-x")))).toHaveLength(100);
  });

  it("relays for no other domain", async () => {
    expect(await refusals(["a@nobody.example", "a@sub.example.com"])).toEqual(Array(2).fill("550 relay not permitted"));
  });

  it("delivers to the preferred server, and to the next one while that is down", async () => {
    await sendMail(exim.port, "ada.abel@example.com", "the first");
    await timeUntil(sinks.first.received, (mails) => mails.length > 0);
    expect([sinks.first.received(), sinks.second.received()]).toEqual([["the first to ada.abel@example.com"], []]);
    await sinks.first.stop();
    await sendMail(exim.port, "ada.abel@example.org", "the second");
    await timeUntil(sinks.second.received, (mails) => mails.length > 0);
    expect(sinks.second.received()).toEqual(["the second to ada.abel@example.org"]);
  });

  it("sees a new list with the next connection", async () => {
    world.tenant.company.hire("new.here@example.com");
    world.tenant.company.remove("ada.abel@example.com");
    await world.ask("sync", "second");
    expect(await askRecipient(exim.port, "new.here@example.com")).toBe(550);
    await remount();
    expect(await askRecipient(exim.port, "new.here@example.com")).toBe(250);
    expect(await askRecipient(exim.port, "ada.abel@example.com")).toBe(550);
  });
});
