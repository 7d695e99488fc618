/** What a scrape of /metrics shows. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { createMetrics, type Metrics } from "../../src/observe/metrics.ts";
import { RELEASE } from "../../src/version.ts";
import { syncSpec } from "../support/memory-operator.ts";

const objects = new Map<string, O365Sync>();
const store = {
  get: (key: string) => objects.get(key),
  list: () => [...objects.values()],
  get size() {
    return objects.size;
  },
};

function metricsOf(): Metrics {
  objects.clear();
  return createMetrics({ version: "1.2.3", syncs: store, leaderElectionId: "lease", isLeading: () => true });
}

/** Without those of Node itself, which come and go. */
const scrape = async (metrics: Metrics): Promise<string[]> =>
  (await metrics.scrape()).body.split("\n").filter((line) => !/nodejs|process_/.test(line));

function put(name: string): void {
  const status: O365Sync["status"] = {
    domain: "example.com",
    conditions: [
      {
        type: "Ready",
        status: "False",
        reason: "Held",
        message: "secret words",
        lastTransitionTime: "2026-01-01T00:00:00Z",
      },
    ],
    lastSuccessfulTime: "2026-01-01T00:00:00Z",
    published: {
      revision: "sha256:abc",
      time: "2026-01-01T00:00:00Z",
      accounts: 7,
      distributionLists: 1,
      aliases: 3,
      addresses: 12,
      shards: 1,
    },
  };
  objects.set(`mail/${name}`, { metadata: { namespace: "mail", name }, spec: syncSpec(name), status });
}

describe("A scrape", () => {
  it("shows each object as it is in the cache", async () => {
    const metrics = metricsOf();
    put("example-com");
    const lines = await scrape(metrics);
    expect(lines).toContain('o365sync_published_accounts{namespace="mail",name="example-com"} 7');
    expect(lines).toContain('o365sync_condition{namespace="mail",name="example-com",type="Ready",status="False"} 1');
    expect(lines).toContain('o365sync_condition{namespace="mail",name="example-com",type="Ready",status="True"} 0');
    expect(lines).toContain('o365sync_last_success_timestamp_seconds{namespace="mail",name="example-com"} 1767225600');
    expect(lines).toContain('o365sync_held{namespace="mail",name="example-com"} 0');
    expect(lines).toContain('leader_election_master_status{name="lease"} 1');
    expect(lines).toContain('o365sync_build_info{version="1.2.3"} 1');
  });

  it("tells no address, message or revision", async () => {
    const metrics = metricsOf();
    put("example-com");
    const text = (await metrics.scrape()).body;
    for (const secret of ["secret words", "sha256:", "@"]) expect(text).not.toContain(secret);
  });

  it("of a thousand objects is quick, and back to its size when they are gone", async () => {
    const metrics = metricsOf();
    const empty = (await scrape(metrics)).length;
    for (let index = 0; index < 1000; index++) put(`sync-${index}`);
    await scrape(metrics);
    const started = performance.now();
    const full = await scrape(metrics);
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(full.length).toBeGreaterThan(empty + 9_000);
    objects.clear();
    expect(await scrape(metrics)).toHaveLength(empty);
  });

  it("counts what controllers, queues, requests and runs tell", async () => {
    const metrics = metricsOf();
    const observer = metrics.controller("o365sync");
    observer.reconciled("error", 0.2);
    observer.depth(3);
    metrics.apiServerRequest({ verb: "GET", host: "h", code: "200", seconds: 0.01 });
    metrics.graphRequest({ operation: "listing users", status: 429, seconds: 0.1 });
    metrics.tokenRequest({ status: 0 });
    metrics.runEnded({ trigger: "Manual", result: "Published", seconds: 2 });
    metrics.missedSlots(2);
    const lines = await scrape(metrics);
    expect(lines).toContain('controller_runtime_reconcile_total{controller="o365sync",result="error"} 1');
    expect(lines).toContain('controller_runtime_reconcile_total{controller="o365sync",result="success"} 0');
    expect(lines).toContain('workqueue_depth{name="o365sync",controller="o365sync"} 3');
    expect(lines).toContain('rest_client_requests_total{code="200",method="GET",host="h"} 1');
    expect(lines).toContain('o365sync_graph_requests_total{operation="listing users",code="429"} 1');
    expect(lines).toContain("o365sync_graph_throttled_total 1");
    expect(lines).toContain('o365sync_token_requests_total{code="<error>"} 1');
    expect(lines).toContain('o365sync_runs_total{trigger="Manual",result="Published"} 1');
    expect(lines).toContain("o365sync_missed_slots_total 2");
  });
});

it("the version is that of package.json", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(RELEASE).toBe(version);
});
