/** The socketmap server with clients of every sort: many requests at once, torn ones, malformed ones, slow ones. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Catalog, createCatalog } from "../../../src/gateway/catalog.ts";
import { netstring } from "../../../src/gateway/netstring.ts";
import { type SocketmapServer, serveSocketmap } from "../../../src/gateway/socketmap.ts";
import { createFakeClock } from "../../support/clock.ts";

const empty = createCatalog({ lists: [], routings: new Map(), delimiters: "+", complete: true });
/** Finds whoever begins with `a`. */
const catalog: Catalog = {
  ...empty,
  maps: {
    ...empty.maps,
    recipients: (key) => (key.startsWith("a") ? { kind: "found", value: "OK" } : { kind: "notFound" }),
  },
};
const clock = createFakeClock();

describe("The socketmap server", () => {
  let folder: string;
  let path: string;
  let server: SocketmapServer;
  const malformed: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-socketmap-"));
    path = join(folder, "socket");
    server = await serveSocketmap({
      address: { kind: "unix", path },
      catalog: () => catalog,
      clock,
      onLookup: (map, result) => result === "malformed" && malformed.push(map),
    });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  interface Client {
    readonly socket: Socket;
    /** All that came until there are so many bytes, or the server hung up. */
    read(bytes: number): Promise<string>;
    readonly closed: Promise<void>;
  }
  async function open(): Promise<Client> {
    const socket = connect(path);
    let text = "";
    let wake = (): void => {};
    socket.on("data", (bytes) => {
      text += bytes.toString();
      wake();
    });
    socket.on("error", () => {});
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    await new Promise((resolve) => socket.once("connect", resolve));
    return {
      socket,
      closed,
      async read(bytes) {
        while (text.length < bytes && !socket.destroyed)
          await Promise.race([
            closed,
            new Promise<void>((resolve) => {
              wake = resolve;
            }),
          ]);
        return text;
      },
    };
  }

  it("answers in order, however many requests come at once and wherever they are cut", async () => {
    const { socket, read } = await open();
    const keys = Array.from({ length: 5000 }, (_, index) => `${index % 2 === 0 ? "a" : "b"}${index}@example.com`);
    const requests = Buffer.from(keys.map((key) => netstring(`recipients ${key}`)).join(""));
    const expected = keys.map((_, index) => netstring(index % 2 === 0 ? "OK OK" : "NOTFOUND ")).join("");
    for (let at = 0; at < requests.length; at += 999) socket.write(requests.subarray(at, at + 999));
    expect(await read(expected.length)).toBe(expected);
    socket.destroy();
  });

  it.each([
    ["a length without end", "99999999999999999999999999:"],
    ["a negative length", "-5:recip,"],
    ["no netstring", "GET / HTTP/1.1\r\n\r\n"],
    ["a string that does not end where it says", "3:abcd,"],
    ["zeros before the length", "000003:abc,"],
    ["noise", "\0\xff\xfe\x01"],
  ])("ends a connection that sends %s, and no other", async (_, text) => {
    const [bad, good] = [await open(), await open()];
    bad.socket.write(text);
    await bad.closed;
    good.socket.write(netstring("recipients a@example.com"));
    expect(await good.read(8)).toBe(netstring("OK OK"));
    good.socket.destroy();
  });

  it.each([
    ["an unknown map", "passwords root"],
    ["a map without a key", "recipients"],
    ["a property of every object", "__proto__ x"],
    ["nothing", ""],
  ])("answers PERM for %s", async (_, request) => {
    const { socket, read } = await open();
    socket.write(netstring(request));
    expect(await read(40)).toContain(":PERM there is no map of this name");
    socket.destroy();
  });

  it("ends a client that begins a request and does not finish it, one byte at a time or not at all", async () => {
    const [stuck, slow] = [await open(), await open()];
    stuck.socket.write("30:recip");
    slow.socket.write("3");
    const late = [stuck.closed, slow.closed].map((closed) => closed.then(() => true));
    await waitFor(() => server.connections >= 2);
    for (let second = 0; second < 11; second++) {
      await turn();
      slow.socket.write(second === 0 ? "0" : second === 1 ? ":" : "x");
      await turn();
      await clock.advance(1000);
    }
    expect(await Promise.all(late)).toEqual([true, true]);
  });

  it("ends a client that asks and does not read, without keeping what it would have read for ever", async () => {
    const { socket, closed } = await open();
    socket.pause();
    const requests = Buffer.from(netstring("recipients a@example.com").repeat(20_000));
    for (let count = 0; count < 40; count++) socket.write(requests);
    await waitFor(() => socket.writableLength > 0);
    for (let second = 0; second < 30; second++) {
      await turn();
      await clock.advance(1000);
    }
    socket.resume();
    await closed;
    expect(server.connections).toBe(0);
  });

  it("may be reached by every user, and takes the place of a socket that a dead process left", async () => {
    expect(statSync(path).mode & 0o777).toBe(0o666);
    const second = await serveSocketmap({ address: { kind: "unix", path }, catalog: () => catalog, clock });
    const { socket, read } = await open();
    socket.write(netstring("recipients a@example.com"));
    expect(await read(8)).toBe(netstring("OK OK"));
    await second.close();
  });

  it("never removes a file that is no socket", async () => {
    const file = join(folder, "precious");
    writeFileSync(file, "x");
    await expect(
      serveSocketmap({ address: { kind: "unix", path: file }, catalog: () => catalog, clock }),
    ).rejects.toThrow(/EADDRINUSE/);
    expect(existsSync(file)).toBe(true);
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function waitFor(is: () => boolean): Promise<void> {
  while (!is()) await turn();
}
