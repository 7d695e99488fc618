/** What a scrape of /metrics shows. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import { createMetrics, type Metrics } from "../../../src/observe/metrics.ts";
import { RELEASE } from "../../../src/version.ts";
import { syncSpec } from "../../support/memory-operator.ts";
import { scrapeText } from "../../support/scrape.ts";
import { watched } from "../../support/slices.ts";

const objects = new Map<string, O365Sync>();
const domains = new Map<string, MailDomain>();
const stores = { syncs: { list: () => [...objects.values()] }, domains: { list: () => [...domains.values()] } };

function metricsOf(): Metrics {
  objects.clear();
  return createMetrics({
    version: "1.2.3",
    stores,
    leaderElectionId: "lease",
    isLeading: () => true,
    namespaces: () => [],
  });
}

/** Without those of Node itself, which come and go. */
const scrape = async (metrics: Metrics): Promise<string[]> =>
  (await scrapeText(metrics)).split("\n").filter((line) => !/nodejs|process_/.test(line));

function put(name: string, accounts = 7): void {
  const status: O365Sync["status"] = {
    domain: "example.com",
    conditions: ["Ready", "Published", "Authorized", "Held", "Reconciling", "Stalled"].map((type) => ({
      type,
      status: type === "Ready" ? "False" : "True",
      reason: "Held",
      message: "secret words",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    })),
    lastSync: { id: "slot-1", trigger: "Schedule", startTime: "2026-01-01T00:00:00Z" },
    schedule: { times: ["06:00", "07:30"], nextTime: "2026-01-01T07:30:00Z", missedSlots: 2 },
    credentialExpiryTime: "2027-01-01T00:00:00Z",
    lastSuccessfulTime: "2026-01-01T00:00:00Z",
    published: {
      revision: "sha256:abc",
      time: "2026-01-01T00:00:00Z",
      accounts,
      distributionLists: 1,
      aliases: 3,
      addresses: 12,
      shards: 1,
      bytes: 460_800,
      largestShardBytes: 460_800,
    },
    notifications: { pending: [{ id: "a", since: "", attempts: 0, time: "" }] },
  };
  objects.set(`mail/${name}`, { metadata: { namespace: "mail", name }, spec: syncSpec(name), status });
}

describe("A scrape", () => {
  it("shows each object as it is in the cache", async () => {
    const metrics = metricsOf();
    put("example-com");
    const lines = await scrape(metrics);
    expect(lines).toContain('o365sync_published_accounts{namespace="mail",name="example-com"} 7');
    expect(lines).toContain(
      'o365sync_condition{namespace="mail",name="example-com",kind="O365Sync",type="Ready",status="False"} 1',
    );
    expect(lines).toContain(
      'o365sync_condition{namespace="mail",name="example-com",kind="O365Sync",type="Ready",status="True"} 0',
    );
    expect(lines).toContain('o365sync_last_success_timestamp_seconds{namespace="mail",name="example-com"} 1767225600');
    expect(lines).toContain('o365sync_held{namespace="mail",name="example-com"} 0');
    const plain = (name: string): string | undefined =>
      lines.find((line) => line.startsWith(`${name}{namespace="mail",name="example-com"} `))?.split(" ")[1];
    expect(plain("o365sync_schedule_interval_seconds")).toBe(String(22.5 * 3600));
    expect(plain("o365sync_next_slot_timestamp_seconds")).toBe("1767252600");
    expect(plain("o365sync_last_attempt_timestamp_seconds")).toBe("1767225600");
    expect(plain("o365sync_credential_expiry_timestamp_seconds")).toBe("1798761600");
    expect(plain("o365sync_missed_slots")).toBe("2");
    expect(plain("o365sync_published_aliases")).toBe("3");
    expect(plain("o365sync_published_addresses")).toBe("12");
    expect(plain("o365sync_published_shards")).toBe("1");
    expect(plain("o365sync_published_bytes")).toBe("460800");
    expect(plain("o365sync_published_shard_usage_ratio")).toBe("0.5");
    expect(plain("o365sync_notifications_pending")).toBe("1");
    expect(lines).toContain(
      'o365sync_info{namespace="mail",name="example-com",domain="example.com",cloud="Global",suspended="false",automatic="false",reason="Held"} 1',
    );
    expect(lines).toContain('leader_election_master_status{name="lease"} 1');
    expect(lines).toContain('o365sync_build_info{version="1.2.3"} 1');
  });

  it("shows what has become of each object since the last one", async () => {
    const metrics = metricsOf();
    put("changes");
    put("stays");
    await scrape(metrics);
    put("changes", 8);
    put("comes", 9);
    const accounts = (await scrape(metrics)).filter((line) => line.startsWith("o365sync_published_accounts{"));
    expect(accounts.map((line) => line.replace(/.*name="(\w+)"\}/, "$1"))).toEqual(["changes 8", "stays 7", "comes 9"]);
  });

  it("tells no address, message or revision", async () => {
    const metrics = metricsOf();
    put("example-com");
    const text = await scrapeText(metrics);
    for (const secret of ["secret words", "sha256:", "@"]) expect(text).not.toContain(secret);
  });

  it("of two thousand objects keeps nobody for 50 ms, and is back to its size when they are gone", async () => {
    const metrics = metricsOf();
    const empty = (await scrape(metrics)).length;
    const changeAll = (accounts: number): void => {
      for (let index = 0; index < 2000; index++) put(`sync-${index}`, accounts);
    };
    let body = "";
    const longest: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      changeAll(attempt);
      const { result, longestMs } = await watched(() => metrics.scrape());
      longest.push(longestMs);
      body = result.body.map(String).join("");
    }
    expect(Math.max(...longest)).toBeLessThan(50);
    expect(body.split("\n").length).toBeGreaterThan(empty + 50_000);
    objects.clear();
    expect(await scrape(metrics)).toHaveLength(empty);
  });

  it("counts what controllers, queues, requests and runs tell", async () => {
    const metrics = metricsOf();
    const observer = metrics.controller("o365sync", 4);
    observer.reconciled("error", 0.2);
    observer.depth(3);
    metrics.apiServerRequest({ verb: "GET", host: "h", code: "200", seconds: 0.01 });
    metrics.graphRequest({ operation: "listing users", status: 429, seconds: 0.1 });
    metrics.tokenRequest({ status: 0 });
    metrics.graphRequest({ operation: "listing users", status: 200, seconds: 0.1, resourceUnits: 3 });
    metrics.runEnded({ trigger: "Manual", result: "Published", seconds: 2 });
    metrics.runEnded({ trigger: "Schedule", result: "Unchanged", seconds: 2, delaySeconds: 40 });
    metrics.mailEnded({ result: "Sent" });
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
    expect(lines).toContain('o365sync_graph_resource_units_total{operation="listing users"} 3');
    expect(lines).toContain('o365sync_schedule_delay_seconds_bucket{le="15"} 0');
    expect(lines).toContain('o365sync_schedule_delay_seconds_bucket{le="60"} 1');
    expect(lines).toContain('o365sync_run_duration_seconds_count{result="Published"} 1');
    expect(lines).toContain('o365sync_notifications_total{result="Sent"} 1');
    expect(lines).toContain('o365sync_notifications_total{result="Failed"} 0');
    expect(lines).toContain('controller_runtime_max_concurrent_reconciles{controller="o365sync"} 4');
  });
});

it("the version is that of package.json", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(RELEASE).toBe(version);
});
