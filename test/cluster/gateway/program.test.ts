/** The gateway program beside a running operator: what it sees, what it serves, and what it does while the API server is away. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemDeps } from "../../../src/base/deps.ts";
import { loadAccess } from "../../../src/runtime/access.ts";
import { createClient } from "../../../src/runtime/client.ts";
import { ApiError, type Client } from "../../../src/runtime/types.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { type Program, startProgram } from "../../support/gateways/program.ts";
import { askSocketmap } from "../../support/gateways/socketmap.ts";
import { createShiftClock } from "../../support/shift-clock.ts";
import { createWorld, type World } from "../../support/world.ts";

const HOUR_MS = 3_600_000;
const TABLES = ["relay_recipients", "relay_recipients.cdb", "recipients.map", "virtual_aliases"];

/** A connection to the API server that can be cut. */
function createCable(client: Client) {
  let cut = new AbortController();
  let isCut = false;
  const check = (): void => {
    if (isCut) throw new ApiError("connect ECONNREFUSED", 0, "ConnectionFailed");
  };
  const through: Client = {
    ...client,
    get(...args) {
      check();
      return client.get(...args);
    },
    list(...args) {
      check();
      return client.list(...args);
    },
    async *watch(type, options) {
      check();
      const signal = AbortSignal.any([cut.signal, ...(options.signal === undefined ? [] : [options.signal])]);
      yield* client.watch(type, { ...options, signal });
    },
  };
  return {
    client: through,
    cut() {
      isCut = true;
      cut.abort(new ApiError("socket hang up", 0, "ConnectionFailed"));
    },
    mend() {
      isCut = false;
      cut = new AbortController();
    },
  };
}

describe("The gateway program", () => {
  let world: World;
  let folder: string;
  let program: Program;
  const clock = createShiftClock();
  let cable: ReturnType<typeof createCable>;

  const start = (): Promise<Program> =>
    startProgram({
      namespace: world.namespace,
      directory: join(folder, "lists"),
      deps: { ...systemDeps, clock },
      client: cable.client,
      flags: [
        "--socketmap=inet:127.0.0.1:0",
        "--lists-bind-address=127.0.0.1:0",
        "--metrics-bind-address=127.0.0.1:0",
        "--health-probe-bind-address=127.0.0.1:0",
        `--on-change=echo changed >> ${folder}/changes; exit 3`,
      ],
    });
  const ask = (request: string): Promise<string> => askSocketmap(program.socketmapPorts[0] ?? 0, request);
  const fetchFrom = (port: number | undefined, path: string, headers = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers });
  const current = (name: string): Buffer => readFileSync(join(folder, "lists/current", name));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-program-"));
    world = await createWorld();
    cable = createCable(createClient(loadAccess(useControlPlane().kubeconfig), systemDeps));
    program = await start();
  });
  afterAll(async () => {
    await program?.stop();
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("asks everybody to come again before there is a list, and is not ready", async () => {
    for (const request of ["recipients ada.abel@example.com", "domains example.com", "transport example.com"])
      expect(await ask(request)).toBe("TEMP no list has been received yet");
    expect((await fetchFrom(program.healthPort, "/readyz")).status).toBe(503);
    expect((await fetchFrom(program.listsPort, "/lists/recipients.map")).status).toBe(503);
  });

  it("takes a publication over within moments, table and route", async () => {
    await world.install({ output: { formats: ["postfix", "cdb", "addresses", "aliases"] } });
    await world.ask("sync", "first");
    await world.until(
      () => ask("domains example.com"),
      (answer) => answer === "OK OK",
    );
    expect(await ask("recipients ADA.ABEL+news@example.com")).toBe("OK OK");
    expect(await ask("recipients nobody@example.com")).toBe("NOTFOUND ");
    expect(await ask("transport x@example.com")).toBe("OK smtp:[example-com.mail.protection.outlook.com]:25");
    const began = performance.now();
    world.tenant.company.hire("new.here@example.com");
    await world.ask("sync", "second");
    await world.until(
      () => ask("recipients new.here@example.com"),
      (answer) => answer === "OK OK",
    );
    console.log(`hired, synced and seen after ${Math.round(performance.now() - began)} ms`);
  });

  it("keeps the very bytes of the ConfigMap in its files, and the same ones with four shards", async () => {
    const configMap = await world.configMap("example-com-recipients");
    const published = (name: string): Buffer =>
      Buffer.from(configMap?.data?.[name] ?? Buffer.from(configMap?.binaryData?.[name] ?? "", "base64"));
    await world.until(
      () =>
        Promise.resolve(existsSync(join(folder, "lists/current")) && current("relay_recipients").includes("new.here@")),
      (there) => there,
    );
    for (const name of TABLES) expect(current(name).equals(published(name)), name).toBe(true);
    const routing = await world.configMap("example-com-routing");
    for (const name of ["relay_domains", "transport"]) expect(current(name).toString()).toBe(routing?.data?.[name]);
    world.tenant.company.hire("one.more@example.com");
    await world.patch("o365syncs", "example-com", { spec: { output: { shards: 4 } } });
    await world.ask("sync", "third");
    await world.until(
      () => Promise.resolve(current("relay_recipients").includes("one.more@")),
      (there) => there,
    );
    const lines = (text: string): string[] => text.split("\n").filter((line) => !line.startsWith("one.more@"));
    for (const name of ["relay_recipients", "recipients.map", "virtual_aliases"])
      expect(lines(current(name).toString())).toEqual(lines(published(name).toString()));
    await world.patch("o365syncs", "example-com", { spec: { output: { shards: 1 } } });
    await world.ask("sync", "fourth");
    const whole = await world.configMap("example-com-recipients");
    const database = Buffer.from(whole?.binaryData?.["relay_recipients.cdb"] ?? "", "base64");
    await world.until(
      () => Promise.resolve(current("relay_recipients.cdb").equals(database)),
      (same) => same,
    );
  });

  it("serves its files over HTTP with an ETag, and nothing else", async () => {
    const answer = await fetchFrom(program.listsPort, "/lists/recipients.map");
    expect(await answer.text()).toBe(current("recipients.map").toString());
    const etag = answer.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    // The list may just have been published once more.
    const unchanged = async () => {
      const latest = (await fetchFrom(program.listsPort, "/lists/relay_domains")).headers.get("etag") ?? "";
      const again = await fetchFrom(program.listsPort, "/lists/recipients.map", {
        "If-None-Match": `"x", W/${latest}`,
      });
      return [again.status, await again.text(), again.headers.get("etag") === latest];
    };
    await world.until(unchanged, ([status]) => status === 304).then((found) => expect(found).toEqual([304, "", true]));
    const other = await fetchFrom(program.listsPort, "/lists/recipients.map", { "If-None-Match": '"x"' });
    expect([other.status, (await other.text()).length > 0]).toEqual([200, true]);
    for (const path of ["/lists/", "/lists/state.json", "/lists/..%2fstate.json", "/lists/%2e%2e/state.json", "/"])
      expect((await fetchFrom(program.listsPort, path)).status, path).toBe(404);
    const put = await fetch(`http://127.0.0.1:${program.listsPort}/lists/transport`, { method: "PUT", body: "x" });
    expect(put.status).toBe(405);
  });

  it("ran its command after the swaps, and says with what code it ended", async () => {
    await world.until(
      async () => (await fetchFrom(program.metricsPort, "/metrics")).text(),
      (text) => /^o365sync_gateway_on_change_total\{code="3"\} [1-9]/m.test(text),
    );
    expect(readFileSync(join(folder, "changes"), "utf8")).toMatch(/^(changed\n)+$/);
  });

  it("answers as before for an hour without the API server, also after a restart, and then sees what came meanwhile", {
    timeout: 60_000,
  }, async () => {
    cable.cut();
    clock.shift(HOUR_MS);
    expect(await ask("recipients new.here@example.com")).toBe("OK OK");
    expect(await ask("recipients nobody@example.com")).toBe("NOTFOUND ");
    await program.stop();
    program = await start();
    expect(await ask("recipients new.here@example.com")).toBe("OK OK");
    expect(await ask("domains example.com")).toBe("OK OK");
    expect(await ask("domains other.example")).toBe("NOTFOUND ");
    const ready = await fetchFrom(program.healthPort, "/readyz");
    expect([ready.status, await ready.text()]).toEqual([
      200,
      expect.stringContaining("API server answered last: not since the start"),
    ]);
    world.tenant.company.hire("during.the.outage@example.com");
    await world.ask("sync", "fifth");
    expect(await ask("recipients during.the.outage@example.com")).toBe("NOTFOUND ");
    cable.mend();
    clock.shift(60_000);
    await world.until(
      () => ask("recipients during.the.outage@example.com"),
      (answer) => answer === "OK OK",
    );
  });

  it("keeps the list when the cluster forgets everything, and takes the next one", async () => {
    await world.stopOperator();
    for (const { metadata } of await world.configMaps()) await world.remove("configmaps", metadata.name);
    await program.stop();
    program = await start();
    clock.shift(60_000);
    expect(await ask("recipients new.here@example.com")).toBe("OK OK");
    expect(await ask("transport example.com")).toMatch(/^OK smtp:/);
  });
});
