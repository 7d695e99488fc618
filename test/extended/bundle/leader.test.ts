/** Two replicas: one works, the other takes over, and what a frozen one wakes up to write is refused. */
import { rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { createWorld, type World } from "../../support/world.ts";

const LEADING = "Starting controllers";

describe("Two replicas of the operator", { timeout: 120_000 }, () => {
  let world: World;
  let bundle: Bundle;
  let token = 0;
  const next = (): string => `t${++token}`;
  const start = (): OperatorChild =>
    bundle.start(["--health-probe-bind-address=0", "--leader-elect", `--leader-election-namespace=${world.namespace}`]);
  beforeAll(async () => {
    world = await createWorld({ operator: false });
    bundle = await createBundle(world);
    await world.install();
  });
  afterAll(async () => {
    await bundle.close();
    await world.close();
  });
  const running: OperatorChild[] = [];
  afterEach(async () => {
    for (const { child, exited } of running.splice(0)) {
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      await exited;
    }
  });
  const pair = async (): Promise<[leader: OperatorChild, standby: OperatorChild]> => {
    const leader = start();
    await leader.logged(LEADING);
    const standby = start();
    await standby.logged("Caches synced");
    running.push(leader, standby);
    return [leader, standby];
  };

  it("hand over within 5 s of a clean stop", async () => {
    const [leader, standby] = await pair();
    await world.ask("sync", next());
    expect(standby.log.join()).not.toContain(LEADING);
    leader.child.kill("SIGTERM");
    const stopped = Date.now();
    expect(await leader.exited).toBe(0);
    await standby.logged(LEADING);
    expect(Date.now() - stopped).toBeLessThan(5_000);
    expect((await world.ask("sync", next())).status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("take over within 25 s of a kill", async () => {
    const [leader, standby] = await pair();
    leader.child.kill("SIGKILL");
    const killed = Date.now();
    await standby.logged(LEADING);
    expect(Date.now() - killed).toBeLessThan(25_000);
    expect((await world.ask("sync", next())).status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("never interleave: a leader that was frozen in a publication writes nothing when it wakes", async () => {
    const [leader, standby] = await pair();
    world.tenant.company.hire("before.freeze@example.com");
    await world.annotate("sync", next());
    // Somewhere in its run.
    await world.until(
      () => world.sync(),
      ({ status }) => status?.requests?.sync?.state === "Running" || status?.handledSync === `t${token}`,
    );
    leader.child.kill("SIGSTOP");
    await standby.logged(LEADING);
    world.tenant.company.hire("after.freeze@example.com");
    await world.ask("sync", next());
    const standing = (await world.configMap("example-com-recipients"))?.data;
    expect(standing?.["relay_recipients"]).toContain("before.freeze@example.com OK\nben.");
    leader.child.kill("SIGCONT");
    // It notices that its lease is lost, and ends.
    expect(await leader.exited).toBe(1);
    await pause(500);
    expect((await world.configMap("example-com-recipients"))?.data).toEqual(standing);
    world.gateway.observe(await world.configMaps());
  });
});

describe("One replica", () => {
  let world: World;
  let bundle: Bundle;
  beforeAll(async () => {
    world = await createWorld({ operator: false });
    bundle = await createBundle(world);
  });
  afterAll(async () => {
    await bundle.close();
    await world.close();
  });

  it("waits for an API server that does not answer, and ends well when it is told to", async () => {
    const kubeconfig = join(tmpdir(), `o365-sync-nowhere-${process.pid}`);
    const cluster = { server: "https://127.0.0.1:9", "insecure-skip-tls-verify": true };
    const context = { cluster: "nowhere", user: "nobody", namespace: "default" };
    await writeFile(
      kubeconfig,
      JSON.stringify({
        clusters: [{ name: "nowhere", cluster }],
        users: [{ name: "nobody", user: { token: "none" } }],
        contexts: [{ name: "nowhere", context }],
        "current-context": "nowhere",
      }),
    );
    const { child, exited, logged } = bundle.start([`--kubeconfig=${kubeconfig}`, "--health-probe-bind-address=0"]);
    await logged("Cannot reach the API server");
    // Between two tries nothing but time passes.
    expect(await Promise.race([exited, pause(1_500)])).toBeUndefined();
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    await rm(kubeconfig);
  });

  it("answers its probes, and ends well when it is told to", async () => {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const { child, exited, logged } = bundle.start([`--health-probe-bind-address=127.0.0.1:${port}`]);
    await logged(LEADING);
    expect(await probe(port, "/readyz")).toEqual([200, "ok\n"]);
    expect(await probe(port, "/healthz")).toEqual([200, "ok\n"]);
    expect(await probe(port, "/nothing")).toEqual([404, "not found; try /healthz or /readyz\n"]);
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
  });
});

function probe(port: number, path: string): Promise<[status: number | undefined, body: string]> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve([response.statusCode, body]));
    })
      .on("error", reject)
      .end();
  });
}
