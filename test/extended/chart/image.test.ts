/** What is in the image, without Docker: the bundle built from what the Dockerfile copies, run by the image's Node.js with the chart's flags. */
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DockerfileParser } from "dockerfile-ast";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sbom } from "../../../scripts/sbom.ts";
import { type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { missing } from "../../support/tools.ts";
import { createWorld, type World } from "../../support/world.ts";
import { CHART, container, helm, render } from "./helm.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The Node.js of the image; CONTRIBUTING.md says where to get it. */
const node = process.env["NODE24"];
if (node === undefined) missing("NODE24 does not name a Node.js 24");

/** The files that the first stage copies, laid out as it lays them out. */
async function copyBuildContext(folder: string): Promise<string[]> {
  const copied: string[] = [];
  const dockerfile = DockerfileParser.parse(await readFile(join(ROOT, "Dockerfile"), "utf8"));
  const instructions = dockerfile.getInstructions();
  const second = instructions.findLastIndex((each) => each.getKeyword() === "FROM");
  for (const instruction of instructions.slice(0, second).filter((each) => each.getKeyword() === "COPY")) {
    const paths = instruction.getArguments().map((argument) => argument.getValue());
    const to = paths.pop() ?? "";
    for (const path of paths) {
      const isFolder = (await stat(join(ROOT, path))).isDirectory();
      await cp(join(ROOT, path), join(folder, isFolder ? to : join(to, path.split("/").pop() ?? "")), {
        recursive: true,
      });
      copied.push(path);
    }
  }
  // In place of `npm ci`.
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return copied;
}

/** Two ports that are free now. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  await Promise.all(servers.map((server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(0)))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number];
}

describe("The image", { timeout: 60_000 }, () => {
  const isRun = node !== undefined && helm !== undefined;
  let folder: string;
  let copied: string[];
  let built: { readonly status: number | null; readonly stderr: string };
  let world: World;
  let bundle: Bundle;
  let operator: OperatorChild;
  let ports: [metrics: number, health: number];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-image-"));
    copied = await copyBuildContext(folder);
    built = spawnSync("npm", ["run", "--silent", "build:operator"], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, REVISION: "c0ffee" },
    });
    world = await createWorld({ operator: false });
    bundle = await createBundle(world, { node: node ?? "", file: join(folder, "dist/operator.cjs") });
    ports = await freePorts();
    if (!isRun) return;
    const values = { metrics: { port: ports[0] }, healthPort: ports[1], watchNamespaces: [world.namespace] };
    operator = bundle.start(container(render(values, world.namespace)).args);
    await world.install();
    await operator.logged("Starting controllers");
  }, 60_000);
  afterAll(async () => {
    await bundle.close();
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("is built from what the Dockerfile copies, and .dockerignore lets through", async () => {
    const ignore = (await readFile(join(ROOT, ".dockerignore"), "utf8")).split("\n");
    for (const path of copied) expect(ignore).toContain(`!${path}`);
    expect(built).toMatchObject({ status: 0, stderr: "" });
  });

  it("24.2: runs nothing in its last stage: an image for another platform needs no emulator", async () => {
    const dockerfile = DockerfileParser.parse(await readFile(join(ROOT, "Dockerfile"), "utf8"));
    const [build, last] = dockerfile.getFROMs();
    expect(build?.getPlatformFlag()?.getValue()).toBe("$BUILDPLATFORM");
    expect(last?.getPlatformFlag()?.getValue()).toBe("$TARGETPLATFORM");
    const words = dockerfile.getInstructions().map((each) => each.getKeyword());
    const after = words.slice(words.lastIndexOf("FROM"));
    expect(after).toContain("COPY");
    expect(after).not.toContain("RUN");
  });

  it("is plain ASCII: one other letter would make its source take twice the memory", async () => {
    const source = await readFile(join(folder, "dist/operator.cjs"));
    expect(source.findIndex((byte) => byte > 0x7f)).toBe(-1);
  });

  it("24.2: carries the licences of all that was bundled, and the bill of materials has the same packages", async () => {
    const notices = await readFile(join(folder, "dist/NOTICES.txt"), "utf8");
    const heads = [...notices.matchAll(/^(\S+) (\S+)\nLicence: (\S+)\n([\s\S]*?)(?=^=+$|(?![\s\S]))/gm)];
    expect(heads.length).toBeGreaterThan(30);
    for (const [, name, , , text = ""] of heads) expect(text.length, name).toBeGreaterThan(300);
    const { components } = await sbom();
    const told = heads.map(([, name = "", version = ""]) => `${name} ${version}`);
    expect(components.map(({ name, version }) => `${name} ${version}`).toSorted()).toEqual(told.toSorted());
  });

  it("24.2: holds no package that only tools need: a machine without those would build another image", async () => {
    const { packages } = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8")) as {
      packages: Record<string, { version?: string; dev?: boolean }>;
    };
    const { components } = await sbom();
    for (const { name, version } of components) {
      const locked = Object.entries(packages).filter(
        ([path, each]) => path.endsWith(`node_modules/${name}`) && each.version === version,
      );
      expect(
        locked.some(([, { dev }]) => dev !== true),
        name,
      ).toBe(true);
    }
  });

  it.skipIf(!isRun)("24.2, 17.19: tells its version and the commit, also in the first line of its log", async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
    const told = spawnSync(node ?? "", [join(folder, "dist/operator.cjs"), "--version"], { encoding: "utf8" });
    expect(told).toMatchObject({ status: 0, stderr: "" });
    expect(told.stdout).toMatch(/^o365-sync-operator \S+ \(revision c0ffee, Node\.js v24\.\S+\)\n$/);
    expect(told.stdout.split(" ")[1]).toBe(version);
    expect(JSON.parse(operator.log[0] ?? "")).toMatchObject({ version, revision: "c0ffee" });
  });

  it.skipIf(!isRun).each([
    // Thrown where servers are made, which ends the operator; and where nobody catches it.
    ["ends", `require("node:net").Server.prototype.listen = () => { throw new Error("planted"); };`],
    ["crashes", `process.once = () => { throw new Error("planted"); };`],
  ])("24.2: names file and line of the source in the stack with which it %s", async (_, planted) => {
    const crash = join(folder, "crash.cjs");
    await writeFile(crash, planted);
    const args = ["--require", crash, join(folder, "dist/operator.cjs"), "--metrics-bind-address=127.0.0.1:0"];
    const { stdout, status } = spawnSync(node ?? "", args, {
      encoding: "utf8",
      env: { KUBECONFIG: useControlPlane().operatorKubeconfig },
    });
    expect(status).not.toBe(0);
    const told = stdout.split("\n").find((line) => line.includes("planted")) ?? "{}";
    const { stack = "" } = (JSON.parse(told) as { err?: { stack?: string } }).err ?? {};
    expect(stack).toContain("src/main.ts:");
    for (const [, file = "", line] of stack.matchAll(/\((src\/[a-z/-]+\.ts):(\d+)\)/g)) {
      const source = (await readFile(join(ROOT, file), "utf8")).split("\n")[Number(line) - 1];
      expect(source, `${file}:${line}`).toMatch(/\(/);
    }
  });

  it.skipIf(!isRun)("starts under Node.js 24 without a warning", () => {
    expect(spawnSync(node ?? "", ["--version"], { encoding: "utf8" }).stdout).toMatch(/^v24\./);
    const help = spawnSync(node ?? "", [join(folder, "dist/operator.cjs"), "--help"], { encoding: "utf8" });
    expect(help).toMatchObject({ status: 0, stderr: "" });
  });

  it.skipIf(!isRun)("publishes a list, with the chart's flags", async () => {
    const { status } = await world.ask("sync", "first");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it.skipIf(!isRun)("is what `helm test` calls well", async () => {
    const { server, operatorToken, ca } = useControlPlane();
    const [metrics] = ports;
    await writeFile(join(folder, "token"), operatorToken);
    await writeFile(join(folder, "ca.crt"), ca ?? "");
    const script = await readFile(join(CHART, "files/installed.mjs"), "utf8");
    const ask = (env: object) =>
      spawnSync(node ?? "", ["--input-type=module", "--eval", script], {
        encoding: "utf8",
        env: {
          NODE_EXTRA_CA_CERTS: join(folder, "ca.crt"),
          TOKEN_FILE: join(folder, "token"),
          KUBERNETES_SERVICE_HOST: new URL(server).hostname,
          KUBERNETES_SERVICE_PORT: new URL(server).port,
          NAMESPACES: world.namespace,
          METRICS_URL: `http://127.0.0.1:${metrics}/metrics`,
          ...env,
        },
      });
    const well = ask({});
    expect(well).toMatchObject({ status: 0, stderr: "" });
    expect(well.stdout).toContain(`namespaces/${world.namespace}/o365syncs: 1`);
    const noMetrics = ask({ METRICS_URL: "http://127.0.0.1:1/metrics" });
    expect(noMetrics).toMatchObject({ status: 1, stderr: expect.stringContaining("not ok") as string });
    expect(ask({ NAMESPACES: "Not/there" }).status).toBe(1);
  });

  it.skipIf(!isRun)("ends well when it is told to", async () => {
    operator.child.kill("SIGTERM");
    expect(await operator.exited).toBe(0);
  });
});
