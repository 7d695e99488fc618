/** The gateway program as a process that is killed at any moment, on a folder that somebody else has had hands on. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../../scripts/bundle.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { type Bench, createBench, freePort, timeUntil } from "../../support/gateways/bench.ts";
import { askSocketmap } from "../../support/gateways/socketmap.ts";
import { createWorld, type World } from "../../support/world.ts";
import { cdbKeys } from "../../unit/recipients/support/read-cdb.ts";

describe("The gateway program", { timeout: 120_000 }, () => {
  let bench: Bench;
  let world: World;
  let program: string;
  let child: ChildProcess | undefined;
  let log = "";

  beforeAll(async () => {
    bench = await createBench();
    chmodSync(bench.folder, 0o755);
    program = join(bench.folder, "operator.cjs");
    await bundle(program);
    world = await createWorld();
    await world.install({ output: { formats: ["postfix", "cdb"] } });
    await world.ask("sync", "first");
  }, 60_000);
  afterEach(() => kill());
  afterAll(async () => {
    await world?.close();
    await bench?.close();
  });

  interface Started {
    readonly port: number;
    readonly ended: Promise<number | null>;
  }

  async function start(directory: string, server = "up", uid?: number): Promise<Started> {
    const port = await freePort();
    const kubeconfig = server === "up" ? liveKubeconfig() : await deadKubeconfig();
    const flags = [`--kubeconfig=${kubeconfig}`, `--namespace=${world.namespace}`, `--directory=${directory}`];
    const args = [program, "gateway", ...flags, `--socketmap=inet:127.0.0.1:${port}`];
    child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], ...(uid === undefined ? {} : { uid }) });
    log = "";
    for (const output of [child.stdout, child.stderr])
      output?.on("data", (bytes) => {
        log += String(bytes);
      });
    const started = child;
    return { port, ended: new Promise((resolve) => started.once("close", resolve)) };
  }
  async function kill(): Promise<void> {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child?.once("close", resolve));
    child.kill("SIGKILL");
    await gone;
  }
  /** A copy that a program with few rights may read. */
  function liveKubeconfig(): string {
    const path = join(bench.folder, "live.kubeconfig");
    copyFileSync(useControlPlane().kubeconfig, path);
    chmodSync(path, 0o644);
    return path;
  }
  async function deadKubeconfig(): Promise<string> {
    const path = join(bench.folder, "dead.kubeconfig");
    const cluster = { name: "c", cluster: { server: `http://127.0.0.1:${await freePort()}` } };
    const context = { name: "c", context: { cluster: "c", user: "u" } };
    const config = { clusters: [cluster], contexts: [context], users: [{ name: "u", user: {} }] };
    writeFileSync(path, JSON.stringify({ apiVersion: "v1", kind: "Config", ...config, "current-context": "c" }));
    return path;
  }
  const answer = (port: number, address: string): Promise<string> =>
    askSocketmap(port, `recipients ${address}`).catch(() => "");
  const accepts = (port: number, address: string): Promise<void> =>
    timeUntil(
      () => answer(port, address),
      (told) => told === "OK OK",
    ).then(() => {});
  const published = async (): Promise<string> =>
    (await world.configMap("example-com-recipients"))?.data?.["relay_recipients"] ?? "";

  it("serves a whole list, in memory and in its files, wherever in its writing it was killed", async () => {
    const directory = join(bench.folder, "killed");
    const lists = [await published()];
    for (const [round, delay] of [0, 2, 10, 20, 25, 30, 40, 60].entries()) {
      const { port } = await start(directory);
      await accepts(port, "ada.abel@example.com");
      const newcomer = `round${round}@example.com`;
      world.tenant.company.hire(newcomer);
      await world.ask("sync", `round-${round}`);
      lists.push(await published());
      // In memory it is in force; what follows is written.
      await accepts(port, newcomer);
      await pause(delay);
      await kill();
      if (round === 0 && !existsSync(join(directory, "current"))) continue;
      const text = readFileSync(join(directory, "current/relay_recipients"), "utf8");
      expect(lists).toContain(text);
      const keys = text.split("\n").flatMap((line) => line.split(" ")[0] || []);
      expect(cdbKeys(readFileSync(join(directory, "current/relay_recipients.cdb"))).sort()).toEqual(keys.sort());
      const again = await start(directory, "down");
      await accepts(again.port, "ada.abel@example.com");
      const before = round === 0 ? "ben.abel@example.com" : `round${round - 1}@example.com`;
      expect(await answer(again.port, before)).toBe("OK OK");
      expect(await answer(again.port, "nobody@example.com")).toBe("NOTFOUND ");
      await kill();
    }
  });

  it("writes through no link that stands in the place of its files", async () => {
    const directory = join(bench.folder, "linked");
    const outside = join(bench.folder, "outside");
    mkdirSync(join(directory, "generations"), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(outside, "file"), "mine");
    for (const name of ["state.json", "state.json.new", "current.new"])
      symlinkSync(join(outside, "file"), join(directory, name));
    symlinkSync(outside, join(directory, "current"));
    symlinkSync(outside, join(directory, "generations/old"));
    const { port } = await start(directory);
    await accepts(port, "ada.abel@example.com");
    const table = join(directory, "current/relay_recipients");
    await timeUntil(
      () => existsSync(table),
      (there) => there,
    );
    expect(readFileSync(join(outside, "file"), "utf8")).toBe("mine");
    expect(readdirSync(outside)).toEqual(["file"]);
    expect(lstatSync(join(directory, "state.json")).isSymbolicLink()).toBe(false);
  });

  it.each(["parts", "generations"])("takes no link for its folder %s, which it would sweep", async (name) => {
    const directory = join(bench.folder, `swept-${name}`);
    const outside = join(bench.folder, `precious-${name}`);
    mkdirSync(directory);
    mkdirSync(outside);
    writeFileSync(join(outside, "file"), "mine");
    symlinkSync(outside, join(directory, name));
    const { ended } = await start(directory);
    expect(await ended).toBe(1);
    expect(log).toContain(`${join(directory, name)} is a link`);
    expect(readdirSync(outside)).toEqual(["file"]);
  });

  it.skipIf(process.getuid?.() !== 0)("answers from memory where it may not write, and says why", async () => {
    const directory = join(bench.folder, "read-only");
    for (const name of ["parts", "generations"]) mkdirSync(join(directory, name), { recursive: true, mode: 0o755 });
    const { port } = await start(directory, "up", 65_534);
    await accepts(port, "ada.abel@example.com");
    await timeUntil(
      () => log,
      (text) => /EACCES.*The tables could not be written|The tables could not be written.*EACCES/s.test(text),
    );
    expect(child?.exitCode).toBe(null);
    await kill();
    rmSync(join(directory, "parts"), { recursive: true });
    const { ended } = await start(directory, "up", 65_534);
    expect(await ended).toBe(1);
    expect(log).toMatch(/EACCES: permission denied, mkdir '.*read-only\/parts'/);
  });
});
