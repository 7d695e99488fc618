/** What the gateway program tells, and what docs/consumers.md says of it. */
import { expect, it } from "vitest";
import { createGatewayMetrics } from "../../../src/gateway/metrics.ts";
import { consumersPage } from "../../support/gateways/docs.ts";

it("docs/consumers.md lists every metric of the program with its labels, and no other", async () => {
  const metrics = createGatewayMetrics({
    version: "1.2.3",
    lists: () => [
      {
        sync: "a",
        domain: "a",
        time: "2026-01-01T00:00:00Z",
        parts: [],
        domains: new Set(),
        addresses: 7,
        revision: "",
      },
    ],
    connections: () => 3,
  });
  metrics.lookup("recipients", "found", 0.0001);
  metrics.looked({ kind: "O365Sync", name: "a" }, "damaged");
  metrics.swapped(1);
  metrics.writeFailed();
  metrics.wentBack("a");
  metrics.hook(0);
  metrics.contact(5000);
  const { body } = await metrics.scrape();
  const help = [...body.matchAll(/^# HELP (o365sync_gateway_\S+)/gm)].map(([, name = ""]) => name);
  const rows = [...consumersPage.matchAll(/^\| `(o365sync_gateway_\w+)` \| ([a-z, ]*) \|/gm)];
  expect(new Set(rows.map(([, name]) => name))).toEqual(new Set(help));
  for (const [, name = "", labels = ""] of rows) {
    const sample = new RegExp(`^${name}(?:_count)?(?:\\{(.*?)\\})? `, "m").exec(body)?.[1] ?? "";
    expect([name, [...sample.matchAll(/(\w+)=/g)].map(([, label]) => label).join(", ")]).toEqual([name, labels.trim()]);
  }
  expect(body).toContain('o365sync_gateway_obstacle{kind="O365Sync",name="a",obstacle="damaged"} 1');
  metrics.looked({ kind: "O365Sync", name: "a" }, undefined);
  expect((await metrics.scrape()).body).not.toContain("o365sync_gateway_obstacle{");
  expect(body).toContain('o365sync_gateway_list_timestamp_seconds{sync="a"} 1767225600');
});
