/** The bundled plugin as a process of its own, as a shell starts it: that it waits, what it prints where, and how it ends. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../../scripts/bundle.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import type { Told } from "../../support/mailsync.ts";
import { createWorld, type World } from "../../support/world.ts";

describe("The plugin as a process", () => {
  let world: World;
  let folder: string;
  let program: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mailsync-process-"));
    program = join(folder, "kubectl-mailsync.cjs");
    await bundle(program, { entryPoint: "cli/main.ts" });
    world = await createWorld();
    await world.install();
    await world.ask("sync", "first");
  }, 60_000);
  afterAll(async () => {
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  interface Circumstances {
    readonly kubeconfig?: string;
    /** A shell's pipe, such as `| head -1`. */
    readonly pipe?: string;
    /** A module that runs before it. */
    readonly preload?: string;
    /** Once so much was complained. */
    readonly interruptAt?: string;
  }

  function run(args: readonly string[], { kubeconfig, pipe, preload, interruptAt }: Circumstances = {}): Promise<Told> {
    const all = [...(preload === undefined ? [] : ["--require", preload]), program, ...args];
    const env = { ...process.env, KUBECONFIG: kubeconfig ?? useControlPlane().kubeconfig };
    const child =
      pipe === undefined
        ? spawn(process.execPath, all, { env })
        : spawn("bash", ["-c", `"$0" "$@" | ${pipe}; exit "\${PIPESTATUS[0]}"`, process.execPath, ...all], { env });
    let [out, err] = ["", ""];
    child.stdout.on("data", (bytes) => {
      out += String(bytes);
    });
    child.stderr.on("data", (bytes) => {
      err += String(bytes);
      if (interruptAt !== undefined && String(bytes).includes(interruptAt)) child.kill("SIGINT");
    });
    return new Promise((resolve) => child.on("close", (code) => resolve({ code: code ?? -1, out, err })));
  }
  const mail = (...args: readonly string[]): readonly string[] => [...args, "-n", world.namespace];

  it("loads nothing that a question needs not: neither fetch, nor sign-in to Microsoft, nor a second YAML parser", async () => {
    const probe = join(folder, "loaded.cjs");
    // At the end, by what Node.js has loaded: naming `Headers` alone loads its whole fetch.
    await writeFile(probe, 'process.on("exit", () => console.error(process.moduleLoadList.join("\\n")));');
    const { code, err } = await run(mail("get"), { preload: probe });
    expect(code).toBe(0);
    expect(err).toContain("NativeModule https");
    expect(err).not.toContain("undici");
    const text = await readFile(program, "utf8");
    expect(["@azure/msal", "socks-proxy-agent/dist", "hpagent/"].filter((name) => text.includes(name))).toEqual([]);
    const yaml = await run(mail("get", "-o", "yaml"));
    expect(yaml).toMatchObject({ code: 0, out: expect.stringMatching(/^- namespace: |^- name: /) as string });
  });

  it("waits for the answer and prints it, with what it waits for beside it", async () => {
    world.tenant.company.hire("walter.wait@example.com");
    const told = await run(mail("sync", "example-com"));
    expect(told).toEqual({
      code: 0,
      out: expect.stringMatching(/^Succeeded \(Published\): 1 account added/) as string,
      err: expect.stringMatching(/^(waiting for the operator|the operator is at it|reading)/) as string,
    });
    expect(await run(mail("why", "walter.wait@example.com"))).toMatchObject({ code: 0 });
  });

  it.each([
    ["get"],
    ["why", "walter.wait@example.com"],
    ["plan", "example-com"],
    ["history", "example-com"],
    ["changes", "example-com"],
    ["consent", "example-com"],
    ["export", "example-com"],
    ["test", "example-com"],
    ["preview", "example-com"],
    ["sync", "example-com"],
    ["test", "example-com", "--no-wait"],
    ["suspend", "example-com"],
    ["resume", "example-com"],
    ["doctor"],
  ])("prints data and nothing else with -o json: %s", async (...args) => {
    const { code, out } = await run(mail(...args, "-o", "json"));
    expect([0, 1]).toContain(code);
    const lines = args[0] === "changes" || args[0] === "export" ? out.trim().split("\n") : [out];
    expect(lines.map((line) => JSON.parse(line) as unknown)).not.toEqual([]);
  });

  it("ends quietly when nobody reads on, and without a terminal does not ask", async () => {
    expect(await run(mail("export", "example-com"), { pipe: "head -1" })).toMatchObject({ code: 0, err: "" });
    expect(await run(mail("get"), { pipe: "true" })).toMatchObject({ code: 0, err: "" });
  });

  it("says 2 when it is interrupted, and that what was asked for is still asked for", async () => {
    await run(mail("suspend", "example-com"));
    const told = await run([...mail("history", "example-com"), "-o", "yaml"]);
    expect(told.code).toBe(0);
    await run(mail("resume", "example-com"));
    await world.stopOperator();
    const waiting = await run(mail("sync", "example-com"), { interruptAt: "waiting" });
    expect(waiting).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("error: interrupted; what was asked for is still asked for") as string,
    });
    const late = await run(mail("sync", "example-com", "--timeout", "1s"));
    expect(late).toMatchObject({ code: 2, err: expect.stringContaining("no answer within 1 s") as string });
  });

  it.each<[what: string, text: (port: number) => string, told: RegExp]>([
    ["is no YAML", () => "{", /^error: /],
    ["names no cluster", () => "apiVersion: v1\nkind: Config\n", /^error: /],
    [
      "is for a server that is down",
      (port) => kubeconfigOf(`http://127.0.0.1:${port}`),
      /^error: the API server http:\/\/127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\); is it up/,
    ],
    [
      "is for a server that is none",
      () => kubeconfigOf("http://name.invalid:1"),
      /^error: the API server http:\/\/name\.invalid:1 does not answer \(ENOTFOUND\)/,
    ],
  ])("says 2 and why when the kubeconfig %s", { timeout: 60_000 }, async (_, text, expected) => {
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, text(await closedPort()));
    const { code, out, err } = await run(["get"], { kubeconfig });
    expect({ code, out, lines: err.trim().split("\n").length }).toEqual({ code: 2, out: "", lines: 1 });
    expect(err).toMatch(expected);
  });

  it("names what it takes a mistyped command for, and takes no more arguments than it uses", async () => {
    expect(await run(["sycn", "example-com"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("there is no command sycn (Did you mean sync?)") as string,
    });
    const two = await run(mail("sync", "example-com", "example-org"));
    expect(two).toMatchObject({ code: 2, err: expect.stringContaining("too many arguments for 'sync'") as string });
  });

  it.each<[line: string, ...offered: string[]]>([
    ["ge", "get"],
    ["get -n NS ex", "example-com"],
    ["-n NS why ex"],
    ["-n=NS sync ex", "example-com"],
    ["get -n nowhere ex"],
    ["get -o ", "text", "wide", "json", "yaml"],
    ["export example-com --format c", "csv"],
    ["sync example-com --no", "--no-wait"],
    ["sync example-com ex"],
  ])("completes %j", async (line, ...offered) => {
    const words = line.replace("NS", world.namespace).split(" ");
    expect((await run(["__complete", ...words])).out).toBe([...offered, ":4", ""].join("\n"));
  });
});

const kubeconfigOf = (server: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "a",
    clusters: [{ name: "a", cluster: { server } }],
    users: [{ name: "a", user: {} }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
  });

/** Nobody listens there any more. */
function closedPort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    }),
  );
}
