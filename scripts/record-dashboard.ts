/**
 * `npm run record:dashboard`: lets an operator live through a day, scrapes it every two minutes, and asks a Prometheus every query of
 * the dashboard. The answers become docs/pictures/dashboard.jsonl, of which dashboard.svg is made. Needs `prometheus` and `promtool`.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startEmbedded } from "../dev/apiserver/index.ts";
import { call } from "../dev/controlplane/call.ts";
import { applyCrds } from "../dev/controlplane/crds.ts";
import { startCatcher } from "../dev/smtp/index.ts";
import { harbourAndPine } from "../dev/tenant/fixture.ts";
import { startTenant } from "../dev/tenant/index.ts";
import { API_VERSION } from "../src/api/group.ts";
import type { O365Sync, O365SyncStatus } from "../src/api/types.generated.ts";
import { parseConfig } from "../src/config/config.ts";
import { createLogger } from "../src/observe/log.ts";
import { startOperator } from "../src/operator/operator.ts";
import { untilIdle } from "../test/support/idle.ts";
import { createShiftClock } from "../test/support/shift-clock.ts";
import { DASHBOARD, dashboardOf, type Panel, type Shown } from "./pictures/dashboard.ts";

const DAY = Date.UTC(2026, 9, 5);
const STEP_MINUTES = 2;
const [PORT, PROMETHEUS] = [18_431, 18_432];
const OBJECTS = `/apis/${API_VERSION}/namespaces/mail`;
const LABELS = 'job="o365-sync-operator",instance="10.0.0.7:8080"';

const folder = await mkdtemp(join(tmpdir(), "o365-sync-dashboard-"));
const clock = createShiftClock();
clock.shift(DAY + 5 * 3_600_000 - clock.now());
const controlPlane = await startEmbedded({ now: () => clock.now() });
const tenant = await startTenant({ company: harbourAndPine() });
const mailServer = await startCatcher();
const stop = new AbortController();

async function must(request: Parameters<typeof call>[1]): Promise<unknown> {
  const { status, body } = await call(controlPlane, request);
  if (status >= 300) throw new Error(`${request.method} ${request.path}: ${JSON.stringify(body)}`);
  return body;
}

function start(kubeconfig: string): Promise<void> {
  const config = parseConfig(
    [
      `--kubeconfig=${kubeconfig}`,
      `--metrics-bind-address=127.0.0.1:${PORT}`,
      "--health-probe-bind-address=0",
      "--smtp-host=127.0.0.1",
      `--smtp-port=${mailServer.port}`,
      "--smtp-tls=none",
      "--smtp-from=sync@example.com",
    ],
    {},
  );
  if (typeof config === "string") throw new Error(`${config} was asked for`);
  const { authority, graph, ca } = tenant;
  return startOperator({
    config,
    endpoints: JSON.stringify({ Global: { authority, graph } }),
    instance: "one",
    log: createLogger("silent"),
    deps: { clock, random: () => 0.5 },
    signal: stop.signal,
    ca,
  });
}

async function install(name: string, domain: string, schedule: object): Promise<void> {
  const { clientId, tenantId } = tenant;
  const metadata = { name };
  const mailDomain = { domain, serverType: "Office365", inboundServers: [{ host: "mx.example.com" }] };
  const credentials = { clientId, clientSecretRef: { name: "o365" } };
  const notifications = { enabled: true, recipients: ["ops@example.com"] };
  const spec = { domainRef: metadata, tenantId, credentials, schedule, notifications };
  const apiVersion = API_VERSION;
  const of = (kind: string, body: object): object => ({ apiVersion, kind, metadata, spec: body });
  await must({ method: "POST", path: `${OBJECTS}/maildomains`, body: of("MailDomain", mailDomain) });
  await must({ method: "POST", path: `${OBJECTS}/o365syncs`, body: of("O365Sync", spec) });
}

async function until(is: (status: O365SyncStatus) => unknown, name = "example-com"): Promise<O365SyncStatus> {
  for (let look = 0; look < 1_000; look++) {
    const { status } = (await must({ method: "GET", path: `${OBJECTS}/o365syncs/${name}` })) as O365Sync;
    if (status !== undefined && is(status)) return status;
    await pause(20);
  }
  throw new Error("waited in vain");
}

/** Samples as OpenMetrics with their times. */
const samples: string[] = [];

async function scrape(): Promise<void> {
  const text = await (await fetch(`http://127.0.0.1:${PORT}/metrics`)).text();
  const seconds = Math.round(clock.now() / 1000);
  for (const line of text.split("\n")) {
    const [, name, own, value] = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && value !== "Nan")
      samples.push(`${name}{${own === undefined ? "" : `${own},`}${LABELS}} ${value} ${seconds}`);
  }
}

/** Lets the day go on. */
async function passTo(time: string): Promise<void> {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  const end = DAY + (hours * 60 + minutes) * 60_000;
  while (clock.now() < end) {
    clock.shift(Math.min(STEP_MINUTES * 60_000, end - clock.now()));
    // Time that passes while a request is under way would only make it time out.
    await pause(20);
    await untilIdle();
    await scrape();
  }
}

const patch = (body: object) =>
  must({
    method: "PATCH",
    path: `${OBJECTS}/o365syncs/example-com`,
    body,
    contentType: "application/merge-patch+json",
  });

/** A morning with new hires and a throttled tenant, an evening with a plan that is held. */
async function live(): Promise<void> {
  const { company, clientSecret } = tenant;
  const secret = { metadata: { name: "o365" }, stringData: { clientSecret } };
  await must({ method: "POST", path: "/api/v1/namespaces", body: { kind: "Namespace", metadata: { name: "mail" } } });
  await must({ method: "POST", path: "/api/v1/namespaces/mail/secrets", body: secret });
  await scrape();
  const schedule = { enabled: true, times: ["06:00", "12:00", "18:00"] };
  await install("example-com", "example.com", { ...schedule, additions: { enabled: true } });
  await install("example-net", "example.net", { enabled: true, times: ["07:30", "19:30"] });
  await until(({ lastSync }) => lastSync?.result);
  await until(({ lastSync }) => lastSync?.result, "example-net");
  await passTo("08:10");
  company.hire("nora.novak@example.com", ["nora@example.com"]);
  await passTo("09:40");
  company.hire("otto.okafor@example.com");
  company.hire("petra.patel@example.com", ["petra@example.net"]);
  await passTo("11:58");
  tenant.fault({ on: "users", times: 3, effect: { kind: "status", status: 429, retryAfter: "2" } });
  await passTo("13:10");
  await patch({ metadata: { annotations: { "o365sync.dev/sync": "1" } } });
  await passTo("17:58");
  for (const { id } of [...company.users.values()].slice(0, 60)) company.remove(id);
  await passTo("18:40");
  await until((status) => status.held);
  await passTo("19:00");
}

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

async function ask(path: string, parameters: Record<string, string>): Promise<Answer["data"]["result"]> {
  const url = `http://127.0.0.1:${PROMETHEUS}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`;
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${parameters["query"]}: ${await answer.text()}`);
  return ((await answer.json()) as Answer).data.result;
}

/** What Grafana would put in. */
const filled = (expr: string): string =>
  expr.replaceAll(/\$(namespace|name)\b/g, ".*").replaceAll("$__rate_interval", `${4 * STEP_MINUTES}m`);

const START = DAY / 1000 + 5 * 3600;

async function shown(panel: Panel): Promise<Shown> {
  const end = String(Math.round(clock.now() / 1000));
  const isCurve = panel.type === "timeseries";
  const found = await Promise.all(
    (panel.targets ?? []).map(async ({ expr, legendFormat = "" }) => {
      const query = filled(expr);
      const results = isCurve
        ? await ask("query_range", { query, start: String(START), end, step: "240" })
        : await ask("query", { query, time: end });
      return results.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
        name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ""),
        ...(panel.type === "table" ? { labels: metric } : {}),
        points: values
          .filter(([, number]) => Number.isFinite(Number(number)))
          .map(([time, number]) => [Math.round((time - START) / 60), Number(Number(number).toPrecision(4))] as const),
      }));
    }),
  );
  return { title: panel.title, asked: (panel.targets ?? []).map(({ expr }) => expr), series: found.flat() };
}

async function answers(): Promise<Shown[]> {
  const file = join(folder, "samples.txt");
  await writeFile(file, `${samples.join("\n")}\n# EOF\n`);
  const data = join(folder, "data");
  execFileSync("promtool", ["tsdb", "create-blocks-from", "openmetrics", file, data], { stdio: "ignore" });
  const config = join(folder, "prometheus.yaml");
  await writeFile(config, "{}\n");
  const prometheus = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      "--storage.tsdb.retention.time=100y",
      // What was shown two scrapes ago is over.
      `--query.lookback-delta=${STEP_MINUTES + 1}m`,
      `--web.listen-address=127.0.0.1:${PROMETHEUS}`,
    ],
    { stdio: "ignore" },
  );
  try {
    for (let look = 0; look < 200; look++) {
      const isUp = await fetch(`http://127.0.0.1:${PROMETHEUS}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) break;
      await pause(100);
    }
    const panels = dashboardOf(await readFile(new URL(`../${DASHBOARD}`, import.meta.url), "utf8"));
    return await Promise.all(panels.map(shown));
  } finally {
    prometheus.kill();
  }
}

try {
  await untilIdle();
  await applyCrds(controlPlane);
  const kubeconfig = join(folder, "kubeconfig");
  await controlPlane.writeKubeconfig(kubeconfig, "admin");
  const ended = start(kubeconfig);
  for (let look = 0; look < 100; look++) {
    if (
      await fetch(`http://127.0.0.1:${PORT}/metrics`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    await pause(50);
  }
  await live();
  const recorded = (await answers()).map((each) => JSON.stringify(each));
  await writeFile(new URL("../docs/pictures/dashboard.jsonl", import.meta.url), `${recorded.join("\n")}\n`);
  stop.abort(new Error("the day is over"));
  await ended;
} finally {
  await tenant.close();
  await mailServer.close();
  await controlPlane.stop();
  await rm(folder, { recursive: true, force: true });
}
console.log("docs/pictures has what the dashboard shows of a day; npm run generate makes dashboard.svg of it");
