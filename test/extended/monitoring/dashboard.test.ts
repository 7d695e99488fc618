/** Every query of the dashboard is answered by Prometheus' own engine, over what a running operator shows on /metrics. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Catcher, startCatcher } from "../../../dev/smtp/index.ts";
import { appCertificate, appKey } from "../../../dev/tls/index.ts";
import { createWorld, type World } from "../../support/world.ts";
import { documented, metricsIn, queries } from "./files.ts";
import { checkMetrics, promtool, type Scrape, seriesOf, testRules } from "./promtool.ts";

const LABELS = { job: "o365-sync-operator", instance: "10.0.0.7:8080" };
/** What Grafana puts in. */
const filled = (expr: string): string =>
  expr.replaceAll("$namespace", ".*").replaceAll("$name", ".*").replaceAll("$__rate_interval", "10m");

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

describe.skipIf(promtool === undefined)("The metrics of a running operator", () => {
  let world: World;
  let catcher: Catcher;
  const scrapes: Scrape[] = [];

  /** What a company goes through in a day: published, throttled, held, and told by mail. */
  beforeAll(async () => {
    catcher = await startCatcher();
    const port = await freePort();
    const flags = [
      `--metrics-bind-address=127.0.0.1:${port}`,
      "--smtp-host=127.0.0.1",
      `--smtp-port=${catcher.port}`,
      "--smtp-from=sync@example.com",
    ];
    world = await createWorld({ flags, additionsIntervalMs: 1_000 });
    const scrape = async (): Promise<void> => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      scrapes.push({ seconds: Math.floor(Date.now() / 1000), text });
    };
    const { tenant } = world;
    tenant.app.certificates.push(appCertificate);
    await world.apply("secrets", {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata: { name: "o365-cert" },
      stringData: { "tls.crt": appCertificate, "tls.key": appKey },
    });
    await scrape();
    await world.install({
      credentials: { clientId: tenant.clientId, certificateRef: { name: "o365-cert" } },
      schedule: { enabled: true, timesPerDay: 4, additions: { enabled: true } },
      notifications: { enabled: true, recipients: ["ops@example.com"] },
    });
    await world.until(
      () => world.sync(),
      ({ status }) => status?.lastSync?.result === "Published",
    );
    // Prometheus has seen the buckets empty before.
    await scrape();
    tenant.company.hire("new@example.com");
    await world.until(
      () => world.sync(),
      ({ status }) => status?.additions?.accountAdds === 1,
    );
    tenant.fault({ on: "users", times: 1, effect: { kind: "status", status: 429, retryAfter: "1" } });
    await world.ask("sync", "throttled");
    for (const { id } of [...tenant.company.users.values()].slice(0, 60)) tenant.company.remove(id);
    await world.ask("sync", "held");
    await world.until(
      () => Promise.resolve(catcher.mails.length),
      (mails) => mails === 3,
    );
    await scrape();
    await scrape();
  });
  afterAll(async () => {
    await world.close();
    await catcher.close();
  });

  it("are what Prometheus takes, without a complaint", () => {
    for (const { text } of scrapes) checkMetrics(text);
  });

  it("carry the labels of docs/metrics.md", () => {
    const shown = new Map<string, string[]>();
    for (const line of scrapes.at(-1)?.text.split("\n") ?? []) {
      const [, name = "", labels = ""] = /^([a-z0-9_]+)(?:\{(.*)\})? /.exec(line) ?? [];
      const [metric] = metricsIn(name);
      const names = [...labels.matchAll(/([a-z_]+)="/g)]
        .map(([, label = ""]) => label)
        .filter((label) => label !== "le");
      if (metric !== undefined) shown.set(metric, names.sort());
    }
    const expected = [...documented()].filter(([name]) => name !== "o365sync_schedule_delay_seconds");
    expect(Object.fromEntries(expected.map(([name]) => [name, shown.get(name)]))).toEqual(Object.fromEntries(expected));
  });

  it("answer every query of the dashboard with something", () => {
    const asked = [...new Set(queries().map(({ expr }) => filled(expr)))];
    const input_series = seriesOf(scrapes, LABELS);
    // No slot falls into the time of this test: its delay is a histogram without samples, and its quantile no number.
    const none = asked.filter((expr) => expr.includes("o365sync_schedule_delay_seconds"));
    expect(none).toHaveLength(1);
    const promql_expr_test = asked.map((expr) => ({
      expr: none.includes(expr) ? `count(${expr}) > bool 0` : `count((${expr}) >= -Inf) > bool 0`,
      eval_time: `${scrapes.length - 1}m`,
      exp_samples: [{ labels: "{}", value: 1 }],
    }));
    expect(testRules({ rule_files: [], tests: [{ interval: "1m", input_series, promql_expr_test }] })).toBe("");
  });

  it("give the numbers that the object's status has", async () => {
    const { status } = await world.sync();
    const value = (title: string): object => {
      const query = queries().find(({ panel }) => panel === title);
      return { expr: filled(query?.expr ?? ""), eval_time: `${scrapes.length - 1}m` };
    };
    const mine = `{namespace="${world.namespace}", name="example-com"}`;
    const one = (labels: string, number: number | undefined): object => ({
      exp_samples: [{ labels, value: number }],
    });
    const promql_expr_test = [
      { ...value("Accounts and aliases"), ...one(mine, status?.published?.accounts) },
      { ...value("Addresses that gateways accept"), ...one(mine, status?.published?.addresses) },
      { ...value("Size of all tables"), ...one("{}", status?.published?.bytes) },
      { ...value("Held"), ...one("{}", 1) },
      { ...value("Not ready"), ...one("{}", 1) },
      // A held plan waits for a person.
      { ...value("Stalled"), ...one("{}", 1) },
      { ...value("Leaders"), ...one("{}", 1) },
    ];
    const tests = [{ interval: "1m", input_series: seriesOf(scrapes, LABELS), promql_expr_test }];
    expect(testRules({ rule_files: [], tests })).toBe("");
  });
});
