/** No second mail comes through a gateway hidden in the text of a first (SMTP smuggling, CVE-2023-51764). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bench, createBench, freePort, timeUntil } from "../../support/gateways/bench.ts";
import { documented, settingsOf } from "../../support/gateways/docs.ts";
import { type Postfix, STOCK_MAIN, startPostfix } from "../../support/gateways/postfix.ts";
import { lacks } from "../../support/gateways/programs.ts";
import { type Sink, startSink } from "../../support/gateways/sink.ts";
import { openSession, sendMail } from "../../support/gateways/smtp.ts";
import { ROOT } from "../../support/pages.ts";

const TO = "ada.abel@example.com";

/** What one program or another takes for the end of a mail, and RFC 5321 does not. */
const ENDS: readonly (readonly [name: string, end: string])[] = [
  ["LF . LF", "\n.\n"],
  ["LF . CR LF", "\n.\r\n"],
  ["CR LF . LF", "\r\n.\n"],
  ["CR . CR LF", "\r.\r\n"],
  ["CR LF . CR", "\r\n.\r"],
];

describe.skipIf(lacks({ programs: ["postfix", "postconf", "smtp-sink"], root: true }))("A mail with", () => {
  let bench: Bench;
  let sink: Sink;
  let maps: Record<string, string>;

  beforeAll(async () => {
    bench = await createBench();
    const port = await freePort();
    sink = bench.use(await startSink(join(bench.folder, "sink"), "127.0.0.1", port));
    maps = {
      relay_domains: "example.com",
      relay_recipient_maps: `inline:{${TO}=OK}`,
      transport_maps: `inline:{{example.com=smtp:[127.0.0.1]:${port}}}`,
      maillog_file: "/dev/stdout",
    };
  });
  afterAll(() => bench?.close());

  const shipped = (folder: string): string => readFileSync(`${ROOT}examples/${folder}/main.cf`, "utf8");
  async function start(name: string, main: string, settings: Readonly<Record<string, string>> = {}): Promise<Postfix> {
    const [folder, port] = [join(bench.folder, name), await freePort()];
    return bench.use(
      await startPostfix({ folder, port, mount: bench.folder, main, settings: { ...settings, ...maps } }),
    );
  }

  /** Tries to hide a second mail behind `end`, and answers which subjects arrived. */
  async function smuggle(gateway: Postfix, end: string, mark: string): Promise<string[]> {
    const hidden = [
      "MAIL FROM:<boss@example.com>",
      `RCPT TO:<${TO}>`,
      "DATA",
      `Subject: hidden ${mark}\r\n\r\nPay.`,
      ".",
    ];
    const session = await openSession(gateway.port);
    await session.ask("MAIL FROM:<sender@client.example>", `RCPT TO:<${TO}>`, "DATA");
    await session.send(`Subject: first ${mark}\r\n\r\nHello.${end}${hidden.join("\r\n")}\r\n`);
    // It hangs up after a line that it does not take.
    await session.close().catch(() => {});
    await sendMail(gateway.port, TO, `after ${mark}`);
    // One after the other: what came before it has arrived too, or never will.
    const arrived = (): string[] => sink.received().filter((each) => each.includes(mark));
    await timeUntil(arrived, (all) => all.some((each) => each.startsWith("after")));
    await timeUntil(
      () => gateway.log(),
      (log) => queued(log) === 0,
    );
    return arrived();
  }

  const configurations: readonly (readonly [name: string, start: () => Promise<Postfix>])[] = [
    ...["postfix-gateway", "postfix-gateway-sidecar", "postfix-vm"].map(
      (folder) => [`examples/${folder}`, () => start(folder, shipped(folder))] as const,
    ),
    ["docs/consumers.md", () => start("documented", STOCK_MAIN, settingsOf(documented("main.cf")))],
  ];

  describe.each(configurations)("another inside, and the configuration of %s:", (name, open) => {
    let gateway: Postfix;
    beforeAll(async () => {
      gateway = await open();
    });
    it.each(ENDS)("is no two mails at %s", async (end, text) => {
      const arrived = await smuggle(gateway, text, `${name} ${end}`);
      expect(arrived.filter((each) => each.startsWith("hidden"))).toEqual([]);
    });
  });

  it("another inside is two without the setting, so that these tests can fail", async () => {
    const gateway = await start("open", shipped("postfix-vm"), { smtpd_forbid_bare_newline: "no" });
    const arrived = await smuggle(gateway, "\n.\r\n", "unguarded");
    expect(arrived.some((each) => each.startsWith("hidden"))).toBe(true);
  });
});

/** Mails that it took and has not delivered yet. */
function queued(log: string): number {
  const ids = (pattern: RegExp): Set<string> => new Set([...log.matchAll(pattern)].map(([, id = ""]) => id));
  const done = ids(/qmgr\[\d+\]: (\w+): removed/g);
  return [...ids(/qmgr\[\d+\]: (\w+): from=/g)].filter((id) => !done.has(id)).length;
}
