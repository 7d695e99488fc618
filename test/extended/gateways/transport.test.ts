/** How a real Postfix hands mail on, with the TLS settings of docs/consumers.md. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Catcher, startCatcher } from "../../../dev/smtp/index.ts";
import { caPath } from "../../../dev/tls/index.ts";
import { type Bench, createBench, freePort, timeUntil } from "../../support/gateways/bench.ts";
import { documented, settingsOf } from "../../support/gateways/docs.ts";
import { createMount } from "../../support/gateways/mount.ts";
import { type Postfix, startPostfix } from "../../support/gateways/postfix.ts";
import { lacks } from "../../support/gateways/programs.ts";
import { sendMail } from "../../support/gateways/smtp.ts";

const LIST = { data: { relay_recipients: "a@example.com OK\n" } };

describe.skipIf(lacks({ programs: ["postfix", "postconf"], root: true }))("To an inbound server", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await createBench();
  });
  afterAll(() => bench?.close());

  /** A gateway whose inbound server is `host`, as shipped but for the text table and one block of the docs. */
  async function gatewayTo(host: string, catcher: Catcher, block = ""): Promise<Postfix> {
    const folder = join(bench.folder, `${catcher.port}`);
    const mount = join(folder, "mount");
    createMount(join(mount, "recipients"), { agedMs: 3000 }).update("recipients", LIST);
    createMount(join(mount, "routing"), { agedMs: 3000 }).update("routing", {
      data: { relay_domains: "example.com OK\n", transport: `example.com smtp:[${host}]:${catcher.port}\n` },
    });
    const settings = {
      relay_recipient_maps: "texthash:$sync_folder/recipients/relay_recipients",
      // There is no name server here that knows localhost.
      smtp_host_lookup: "native",
      ...settingsOf(block),
      ...(block.includes("CAfile") ? { smtp_tls_CAfile: caPath } : {}),
    };
    return bench.use(await startPostfix({ folder, port: await freePort(), mount, settings }));
  }
  const server = async (starttls: boolean): Promise<Catcher> => {
    const catcher = await startCatcher({ starttls });
    bench.use({ stop: () => catcher.close() });
    return catcher;
  };

  it.each([
    ["as shipped", "", true],
    ["as shipped", "", false],
    ["with dane, where nothing validates,", documented("tls-dane.cf"), true],
  ])("mail goes %s encrypted where it offers that: %#", async (_, block, offered) => {
    const catcher = await server(offered);
    const postfix = await gatewayTo("127.0.0.1", catcher, block);
    await sendMail(postfix.port, "a@example.com", "hello");
    await timeUntil(
      () => catcher.mails,
      (mails) => mails.length > 0,
    );
    expect(catcher.mails.map(({ isEncrypted, to }) => [isEncrypted, to])).toEqual([[offered, ["a@example.com"]]]);
  });

  it.each([
    ["goes to the host of the certificate", "localhost", true, true],
    ["waits where the certificate is of another host", "127.0.0.1", true, false],
    ["waits where nothing is encrypted", "localhost", false, false],
  ])("mail %s with secure", async (_, host, offered, delivered) => {
    const catcher = await server(offered);
    const postfix = await gatewayTo(host, catcher, documented("tls-secure.cf"));
    await sendMail(postfix.port, "a@example.com", "hello");
    const done = delivered ? /status=sent/ : /status=deferred \((Server certificate not|TLS is required)/;
    await timeUntil(postfix.log, (log) => done.test(log));
    if (!delivered) await sleep(100);
    expect(catcher.mails.map(({ isEncrypted }) => isEncrypted)).toEqual(delivered ? [true] : []);
  });
});
