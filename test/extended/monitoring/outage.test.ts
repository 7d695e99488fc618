/** A hundred objects and an hour without the tenant: what people get to hear, and which alerts fire. */
import { afterAll, describe, expect, it } from "vitest";
import { MAIL_DOMAIN, O365_SYNC } from "../../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import type { Clock } from "../../../src/base/deps.ts";
import { Failure } from "../../../src/base/failure.ts";
import type { Directory } from "../../../src/directory/types.ts";
import type { Mail } from "../../../src/notify/mailer.ts";
import { createNotifier } from "../../../src/notify/notifier.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { SECRET } from "../../../src/runtime/kube.ts";
import { createMemoryCluster } from "../../support/memory-cluster.ts";
import { createMemoryOperator, domainSpec, SILENT, syncSpec } from "../../support/memory-operator.ts";
import { NO_FEED } from "../../support/no-feed.ts";
import { createRandom } from "../../support/random.ts";
import { scrapeText } from "../../support/scrape.ts";
import { ALERTS_FILE, alerts, metricsIn } from "./files.ts";
import { promtool, type Scrape, seriesOf, testRules } from "./promtool.ts";

const OBJECTS = 100;
const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 0, 1, 5);
/** From the first slots on. */
const OUTAGE = { from: START + 60 * MINUTE_MS, to: START + 120 * MINUTE_MS };
const END = START + 240 * MINUTE_MS;
const NAMES = Array.from({ length: OBJECTS }, (_, index) => `sync-${index}`);

interface Heard {
  readonly mails: Map<string, string[]>;
  readonly events: Map<string, string[]>;
  readonly scrapes: Scrape[];
}

const note = (kept: Map<string, string[]>, name: string, what: string): void => {
  kept.set(name, [...(kept.get(name) ?? []), what]);
};

async function live(): Promise<Heard> {
  const random = createRandom(11);
  let now = START;
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    setTimeout: () => () => {},
    sleep: () => Promise.resolve(),
  };
  const cluster = createMemoryCluster(() => now);
  const heard: Heard = { mails: new Map(), events: new Map(), scrapes: [] };
  const directory: Directory = {
    authorize: () => Promise.resolve({ roles: [], missing: [] }),
    verifiedDomains: () => Promise.resolve(["example.com"]),
    async read({ onObject }) {
      if (now >= OUTAGE.from && now < OUTAGE.to)
        throw new Failure("retry", "ServiceUnavailable", "listing users was refused (HTTP 503)");
      onObject({ id: "1", source: "users", mail: "ada@example.com", proxyAddresses: [] });
      return { users: 1, groups: 0, contacts: 0, requests: 1 };
    },
    sample: () => Promise.resolve({ users: 1, groups: 0, contacts: 0 }),
    feed: NO_FEED,
    findHolders: () => Promise.resolve({ held: new Set(), unanswered: new Set() }),
    confirm: () => Promise.resolve(new Map()),
  };
  const mailer = {
    send(mail: Mail) {
      const [, name = ""] = /mail\/(sync-\d+)/.exec(mail.text) ?? [];
      note(heard.mails, name, mail.subject.replace(/^.*?: /, "").replace(/,? ?\(.*/, ""));
      return Promise.resolve({ kind: "accepted", deferred: [], refused: 0, message: "taken" } as const);
    },
    close: () => {},
  };
  const stores = { syncs: cluster.store<O365Sync>(O365_SYNC), domains: cluster.store<MailDomain>(MAIL_DOMAIN) };
  const metrics = createMetrics({
    version: "1",
    stores,
    leaderElectionId: "lease",
    isLeading: () => true,
    namespaces: () => [],
  });
  const operator = createMemoryOperator({
    cluster,
    directory,
    clock,
    random,
    notifier: createNotifier({ mailer, allowedDomains: [], idDomain: "example.com", mailsPerHour: 500, clock }),
    events: { event: ({ metadata }, { reason }) => note(heard.events, metadata.name, reason) },
    observer: metrics,
  });

  await cluster.client.create(SECRET, {
    metadata: { namespace: "mail", name: "o365" },
    data: { clientSecret: "eA==" },
  });
  for (const [index, name] of NAMES.entries()) {
    const metadata = { namespace: "mail", name };
    await cluster.client.create<MailDomain>(MAIL_DOMAIN, { metadata, spec: domainSpec() });
    // One slot in these four hours, and it falls into the outage.
    const minute = String(Math.floor((index * 55) / OBJECTS)).padStart(2, "0");
    const schedule = { enabled: true, times: [`06:${minute}`], timeZone: "UTC", startingDeadlineSeconds: 7200 };
    const notifications = { enabled: true, recipients: ["ops@example.com"] };
    await cluster.client.create<O365Sync>(O365_SYNC, { metadata, spec: syncSpec(name, { schedule, notifications }) });
  }

  const due = new Map(NAMES.map((name) => [name, START]));
  for (; now <= END; now += MINUTE_MS) {
    for (const name of NAMES) {
      while ((due.get(name) ?? 0) <= now) {
        const context = { signal: new AbortController().signal, reconcileId: "x", log: SILENT };
        const { requeueAfterMs } = await operator.sync(`mail/${name}`, context);
        due.set(name, requeueAfterMs === undefined ? Number.POSITIVE_INFINITY : now + requeueAfterMs);
      }
    }
    // What the first publications had to tell is over before the outage.
    if (now === OUTAGE.from - MINUTE_MS) for (const kept of [heard.mails, heard.events]) kept.clear();
    heard.scrapes.push({ seconds: now / 1000, text: await scrapeText(metrics) });
  }
  return heard;
}

describe("An hour without the tenant, for a hundred objects", async () => {
  const heard = await live();
  afterAll(() => heard.scrapes.splice(0));

  it("is told by two mails each: that it failed, and that it works again", () => {
    expect(heard.mails.size).toBe(OBJECTS);
    for (const mails of heard.mails.values())
      expect(mails).toEqual(["the sync failed", "works again, nothing changed"]);
  });

  it("is told by two events each", () => {
    expect(heard.events.size).toBe(OBJECTS);
    for (const events of heard.events.values()) expect(events).toEqual(["ServiceUnavailable", "Unchanged"]);
  });

  it.skipIf(promtool === undefined)("raises O365SyncNotReady and no other alert, and it ends", () => {
    const asked = new Set(alerts().flatMap(({ expr }) => [...metricsIn(expr)]));
    const labels = { job: "o365-sync-operator", instance: "a" };
    const input_series = seriesOf(heard.scrapes, labels, (metric) => asked.has(metric));
    const minutes = (ms: number): string => `${(ms - START) / MINUTE_MS}m`;
    /** Every alert that fires is a series of ALERTS. */
    const promql_expr_test = [
      { expr: "count(ALERTS{alertstate='firing'})", eval_time: minutes(OUTAGE.from - MINUTE_MS), exp_samples: [] },
      {
        expr: "count by (alertname) (ALERTS{alertstate='firing'}) > bool 20",
        eval_time: minutes(OUTAGE.to - MINUTE_MS),
        exp_samples: [{ labels: '{alertname="O365SyncNotReady"}', value: 1 }],
      },
      {
        expr: "count(count by (alertname) (ALERTS{alertstate='firing'}))",
        eval_time: minutes(OUTAGE.to - MINUTE_MS),
        exp_samples: [{ labels: "{}", value: 1 }],
      },
      { expr: "count(ALERTS{alertstate='firing'})", eval_time: minutes(END), exp_samples: [] },
    ];
    const tests = [{ interval: "1m", input_series, promql_expr_test }];
    expect(testRules({ rule_files: [ALERTS_FILE], tests })).toBe("");
  });
});
