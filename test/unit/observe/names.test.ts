/** The documentation, the code, the alerts and the dashboard name the same metrics. */
import { describe, expect, it } from "vitest";
import { createGatewayMetrics } from "../../../src/gateway/metrics.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { alerts, documented, metricsIn, queries, read } from "../../extended/monitoring/files.ts";
import { scrapeText } from "../../support/scrape.ts";

const empty = { list: () => [] };

async function named(): Promise<Set<string>> {
  const stores = { syncs: empty, domains: empty };
  const metrics = createMetrics({
    version: "1",
    stores,
    leaderElectionId: "lease",
    isLeading: () => true,
    namespaces: () => [{ namespace: "mail", synced: true }],
  });
  const body = await scrapeText(metrics);
  return new Set([...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name));
}

async function namedByGateway(): Promise<Set<string>> {
  const body = (await createGatewayMetrics({ version: "1", lists: () => [], connections: () => 0 }).scrape()).body;
  return new Set([...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name));
}

const code = await named();
const gateway = await namedByGateway();
/** What a Prometheus may see that scrapes both programs. */
const both = new Set([...code, ...gateway]);
const own = new Set([...code].filter((name) => !/^(nodejs|process)_/.test(name)));

describe("The metrics of the code", () => {
  it("are those of docs/metrics.md", () => {
    expect([...documented().keys()].sort()).toEqual([...own].sort());
  });

  it("hold every other name in docs/metrics.md and in the runbooks", () => {
    const pages = ["docs/metrics.md", ...alerts().map(({ annotations }) => annotations.runbook_url)];
    for (const page of pages) expect([...metricsIn(read(page))].filter((name) => !both.has(name))).toEqual([]);
  });

  it("are none of the gateway program's: an alert on one program does not look at the other", () => {
    expect([...own].filter((name) => gateway.has(name))).toEqual([]);
  });

  it.each(alerts().map(({ alert, expr }) => [alert, expr]))("hold what the alert %s asks for", (_, expr) => {
    const names = [...metricsIn(expr)];
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !both.has(name))).toEqual([]);
  });

  it.each(queries().map(({ panel, expr }) => [panel, expr]))("hold what the panel %s asks for", (_, expr) => {
    const names = [...metricsIn(expr)];
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !code.has(name))).toEqual([]);
  });

  it("of objects and of Microsoft 365 are all on the dashboard, but for what only alerts need", () => {
    const shown = new Set(queries().flatMap(({ expr }) => [...metricsIn(expr)]));
    const missing = [...own].filter((name) => name.startsWith("o365sync_") && !shown.has(name));
    expect(missing).toEqual(["o365sync_created_timestamp_seconds", "o365sync_schedule_interval_seconds"]);
  });
});
