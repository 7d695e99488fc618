/**
 * Every shipped and every documented configuration accepts every address of a nasty tenant, over SMTP, and delivers to that
 * very address; it refuses near misses, routes of old and strangers. Each block of docs/consumers.md runs as it stands.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { harbourAndPine } from "../../../dev/tenant/fixture.ts";
import { LEFT_OUT_KEY, parseLeftOut } from "../../../src/publication/left-out-file.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { nearMisses } from "../../support/gateways/addresses.ts";
import { type Bench, createBench, freePort, timeUntil } from "../../support/gateways/bench.ts";
import { documented, documentedNames, settingsOf } from "../../support/gateways/docs.ts";
import { type Exim, eximMounted, startExim } from "../../support/gateways/exim.ts";
import { type Haraka, startHaraka } from "../../support/gateways/haraka.ts";
import { createMount, type Mount, type Mountable } from "../../support/gateways/mount.ts";
import {
  inSmtp,
  NASTY,
  OWN_LITERALS,
  relayAttempts,
  routedLocals,
  SOURCE_ROUTES,
} from "../../support/gateways/nasty.ts";
import { EXAMPLE, type Postfix, STOCK_MAIN, startPostfix } from "../../support/gateways/postfix.ts";
import { type Program, startProgram } from "../../support/gateways/program.ts";
import { lacks } from "../../support/gateways/programs.ts";
import { type Sink, startSink } from "../../support/gateways/sink.ts";
import { askRecipient, askRecipients, openSession, sendMail } from "../../support/gateways/smtp.ts";
import { filesOf, ROOT } from "../../support/pages.ts";
import { createWorld, type World } from "../../support/world.ts";
import { cdbKeys } from "../../unit/recipients/support/read-cdb.ts";

const DIRECTORY = "xn--bcher-kva.example";
const MIRROR = "example.org";
const PROGRAMS = ["postfix", "postconf", "smtp-sink", "exim4", "haraka"];

/** One gateway of the table below. */
interface Kind {
  readonly start: (folder: string) => Promise<Postfix | Exim | Haraka>;
  /** Its table has every address of the list but these. */
  readonly cannotHold?: RegExp;
  /** Unknown recipients of listed domains are let in, and logged. */
  readonly shadow?: RegExp;
}

describe.skipIf(lacks({ programs: PROGRAMS, root: true }))("With a nasty tenant,", () => {
  let bench: Bench;
  let world: World;
  let sink: Sink;
  let mount: string;
  let listed: string[];
  /** The gateway program, and where it keeps its files. */
  let program: Program;
  let directory: string;

  beforeAll(async () => {
    bench = await createBench();
    const sinkPort = await freePort();
    sink = bench.use(await startSink(join(bench.folder, "sink"), "127.0.0.1", sinkPort));
    const company = harbourAndPine();
    for (const local of [...NASTY, ...SOURCE_ROUTES]) company.hire(`${local}@example.com`, [`${local}@${DIRECTORY}`]);
    world = await createWorld({ company });
    await world.install(
      { output: { formats: ["postfix", "cdb", "aliases"] } },
      {
        inboundServers: [{ host: "127.0.0.1", preference: 10 }],
        deliveryPort: sinkPort,
        aliasDomains: [
          { name: DIRECTORY, recipients: "Directory" },
          { name: MIRROR, recipients: "Mirror" },
        ],
      },
    );
    await world.ask("sync", "first");
    mount = join(bench.folder, "mount");
    const mounts = { recipients: mountAt("recipients"), routing: mountAt("routing") };
    const table: Mountable = (await world.configMap("example-com-recipients")) ?? {};
    mounts.recipients.update("recipients", table);
    mounts.routing.update("routing", (await world.configMap("example-com-routing")) ?? {});
    listed = cdbKeys(Buffer.from(table.binaryData?.["relay_recipients.cdb"] ?? "", "base64"));
    await world.patch("o365syncs", "example-com", { spec: { output: { shards: 4 } } });
    await world.until(
      () => world.sync(),
      ({ status }) => status?.published?.shards === 4,
    );
    for (const shard of ["0", "1", "2", "3"])
      mounts.recipients.update(shard, (await world.configMap(`example-com-recipients-4-${shard}`)) ?? {}, shard);
    directory = join(bench.folder, "o365-sync");
    const { kubeconfig } = useControlPlane();
    const flags = ["--socketmap=inet:127.0.0.1:0"];
    program = bench.use(await startProgram({ namespace: world.namespace, directory, kubeconfig, flags }));
    await timeUntil(
      () => program.catalog.routing.size,
      (size) => size === 3,
    );
    await timeUntil(
      () => existsSync(join(directory, "current/transport")),
      (there) => there,
    );
  });
  afterAll(async () => {
    await world?.close();
    await bench?.close();
  });

  const mountAt = (name: string): Mount => createMount(join(mount, name), { agedMs: 3000 });

  const postfix = (main: string | undefined, ...blocks: string[]): Kind["start"] => {
    const settings = Object.assign({}, ...blocks.map(settingsOf)) as Record<string, string>;
    return async (folder) => {
      const place = "sync_folder" in settings || main === undefined ? { sync_folder: mount } : {};
      const all = { folder, port: await freePort(), mount, settings: { ...settings, ...place } };
      return startPostfix(main === undefined ? all : { ...all, main });
    };
  };
  const common = documented("main.cf");
  const own = `${common}${documented("mounted.cf")}`;
  const beside =
    (block: string, main: string | undefined = STOCK_MAIN): Kind["start"] =>
    async (folder) => {
      const there = block
        .replaceAll("127.0.0.1:10460", `127.0.0.1:${program.socketmapPorts[0]}`)
        .replaceAll("/var/lib/o365-sync", directory);
      return postfix(main, common, there)(folder);
    };
  const socketmap = documented("socketmap.cf");
  /** On the port of this test; a machine's own log is a file here. */
  const shipped =
    (path: string): Kind["start"] =>
    async (folder) => {
      const main = readFileSync(`${ROOT}examples/${path}`, "utf8").replaceAll(
        "127.0.0.1:10460",
        `127.0.0.1:${program.socketmapPorts[0]}`,
      );
      return postfix(main, "maillog_file = /dev/stdout\n")(folder);
    };
  const TEXTHASH = "relay_recipient_maps = texthash:$sync_folder/recipients/relay_recipients\n";
  const exim = (change: (config: string) => string): Kind["start"] => {
    const config = change(eximMounted());
    return async (folder) => startExim({ folder, port: await freePort(), mount, config });
  };
  const accepts = /^ {2}accept {2}condition.*\n {2}accept {2}condition.*\n/m;
  const REFUSED = /reject_warning: RCPT from .* 550 5\.1\.1 <(.*?)>: .*User unknown/g;

  const kinds: readonly (readonly [name: string, kind: Kind])[] = [
    ["Postfix as shipped", { start: postfix(undefined) }],
    ["Postfix as documented", { start: postfix(STOCK_MAIN, own) }],
    ["Postfix as documented, with texthash", { start: postfix(STOCK_MAIN, own, TEXTHASH), cannotHold: /^#/ }],
    ["Postfix as documented, with four shards", { start: postfix(STOCK_MAIN, own, documented("shards.cf")) }],
    ["Postfix as documented, with aliases", { start: postfix(STOCK_MAIN, own, documented("aliases.cf")) }],
    ["Postfix as shipped, in shadow mode", { start: postfix(undefined, documented("shadow.cf")), shadow: REFUSED }],
    ["Exim as documented", { start: exim((config) => config) }],
    [
      "Exim as documented, with four shards",
      { start: exim((c) => c.replace(accepts, () => documented("exim-shards.conf"))) },
    ],
    ["Postfix beside the program, over socketmap", { start: beside(socketmap) }],
    ["Postfix of the side-car example, as shipped", { start: shipped("postfix-gateway-sidecar/main.cf") }],
    ["Postfix of the machine outside, as shipped", { start: shipped("postfix-vm/main.cf") }],
    ["Postfix beside the program, from its files", { start: beside(documented("files.cf")) }],
    [
      "Postfix beside the program, over socketmap, with aliases",
      { start: beside(`${socketmap}${documented("socketmap-aliases.cf")}`) },
    ],
    [
      "Postfix beside the program, over socketmap, in shadow mode",
      {
        start: beside(`${socketmap}${documented("shadow.cf")}`, readFileSync(join(EXAMPLE, "main.cf"), "utf8")),
        shadow: REFUSED,
      },
    ],
    [
      "Exim beside the program, from its files",
      {
        start: async (folder) => {
          const config = documented("exim.conf").replaceAll("/var/lib/o365-sync", directory);
          return startExim({ folder, port: await freePort(), mount, config });
        },
      },
    ],
    [
      "Haraka beside the program",
      { start: async (folder) => startHaraka(folder, await freePort(), program.socketmapPorts[0] ?? 0) },
    ],
    [
      "Exim as documented, in shadow mode",
      {
        start: exim((c) => c.replace(/^ {2}deny .*\n/m, () => documented("exim-shadow.conf"))),
        shadow: /shadow mode: unknown recipient (\S+)/g,
      },
    ],
  ];

  describe.each(kinds)("%s", (name, { start, cannotHold, shadow }) => {
    let gateway: Postfix | Exim | Haraka;
    beforeAll(async () => {
      // Postfix' sockets have short paths.
      gateway = bench.use(await start(join(bench.folder, String(kinds.findIndex(([each]) => each === name)))));
    });

    const refused = async (addresses: readonly string[]): Promise<string[]> =>
      [...(await askRecipients(gateway.port, addresses))].flatMap(([address, { code, text }]) =>
        code === 250 ? [] : [`${address}: ${text}`],
      );

    it("accepts every address of the list", async () => {
      const all = listed.filter((address) => cannotHold?.test(address) !== true);
      expect(all.length).toBeGreaterThan(1500);
      for (const local of NASTY)
        for (const domain of ["example.com", DIRECTORY, MIRROR]) expect(listed).toContain(`${local}@${domain}`);
      expect(await refused(all.map(inSmtp))).toEqual([]);
    });

    it("delivers to the very address that was asked for", { timeout: 60_000 }, async () => {
      const some = NASTY.map((local) => `${local}@example.com`).filter((address) => cannotHold?.test(address) !== true);
      const before = sink.recipients().length;
      for (let at = 0; at < some.length; at += 40)
        await sendMail(gateway.port, some.slice(at, at + 40).map(inSmtp), "to nasty names");
      const arrived = (): string[] => sink.recipients().slice(before);
      await timeUntil(arrived, (all) => all.length >= some.length);
      expect(arrived().sort()).toEqual(some.map(inSmtp).sort());
    });

    it("refuses 1,000 near misses and every route in a local part, or logs them in shadow mode", async () => {
      const plain = listed.filter((address) => /^[a-z0-9.]+@/.test(address));
      const misses = [...nearMisses(plain, 1000), ...routedLocals("example.com"), ...OWN_LITERALS].filter(
        (address) => !listed.includes(address),
      );
      const answers = await askRecipients(gateway.port, misses);
      const codes = [...answers.values()].map(({ code }) => code);
      expect(codes.filter((code) => code < 500 && !(shadow !== undefined && code === 250))).toEqual([]);
      const letIn = codes.filter((code) => code === 250).length > 1000;
      const logged = shadow !== undefined && [...gateway.log().matchAll(shadow)].length > 1000;
      expect({ letIn, logged }).toEqual({ letIn: shadow !== undefined, logged: shadow !== undefined });
    });

    it("relays for no stranger", async () => {
      const attempts = ["example.com", DIRECTORY, MIRROR].flatMap(relayAttempts);
      expect(attempts.length).toBeGreaterThan(60);
      // Each over a connection of its own: some gateways hang up on what they take for an attack, which refuses it too.
      const hungUp = 521;
      const codes = new Map<string, number>();
      for (const attempt of attempts) codes.set(attempt, await askRecipient(gateway.port, attempt).catch(() => hungUp));
      expect([...codes].filter(([, code]) => code < 500)).toEqual([]);
      expect(await askRecipient(gateway.port, `postmaster@${DIRECTORY}`)).toBe(250);
    });

    it("takes an internationalised domain in each form that it lets a sender ask for", async () => {
      const session = await openSession(gateway.port);
      const [hello] = await session.ask("EHLO client.example");
      const asked = ["MAIL FROM:<sender@client.example> SMTPUTF8", "RCPT TO:<x.y@bücher.example>"];
      const answers = hello?.text.includes("SMTPUTF8") === true ? await session.ask(...asked) : [];
      await session.close();
      expect(answers.filter(({ code }) => code !== 250)).toEqual([]);
      expect(await refused([`postmaster@${DIRECTORY}`, `POSTMASTER@${DIRECTORY.toUpperCase()}`])).toEqual([]);
    });

    it("takes mails of 150 MB", async () => {
      const session = await openSession(gateway.port);
      const [hello] = await session.ask("EHLO client.example");
      expect(/250[ -]SIZE (\d+)/.exec(hello?.text ?? "")?.[1]).toBe(String(150 * 1024 * 1024));
      await session.close();
    });

    it("had nothing to complain about", () => {
      // The example's start.sh asks for a setting that only a main.cf for mounted ConfigMaps has.
      const lines = gateway
        .log()
        .split("\n")
        .filter((line) => !line.includes("sync_folder"));
      expect(lines.filter((line) => /(?<!reject_)warning: (?!Illegal address)|fatal:|panic:/.test(line))).toEqual([]);
    });
  });

  it("names each address that no configuration can accept, in place of listing it", async () => {
    const routes = SOURCE_ROUTES.flatMap((local) => [`${local}@example.com`, `${local}@${DIRECTORY}`]);
    const file = parseLeftOut((await world.configMap("example-com-left-out"))?.data?.[LEFT_OUT_KEY] ?? "");
    const named = file?.entries.filter(({ reason }) => reason === "sourceRoute").map(({ address }) => address);
    expect(named?.sort()).toEqual(routes.sort());
    expect(listed.filter((address) => address.startsWith("@") && address.includes(":"))).toEqual([]);
  });

  it("every block of docs/consumers.md that is a configuration is run by a test", () => {
    const tests = filesOf("test/extended/gateways", ".ts").map((path) => readFileSync(`${ROOT}${path}`, "utf8"));
    const support = filesOf("test/support/gateways", ".ts").map((path) => readFileSync(`${ROOT}${path}`, "utf8"));
    const text = [...tests, ...support].join("\n");
    expect(documentedNames.filter((name) => !text.includes(`documented("${name}")`))).toEqual([]);
    expect(documentedNames.length).toBeGreaterThan(8);
  });
});
