/** The alerts: valid, documented, and each tested to fire and to stay silent by Prometheus' own engine. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ALERTS_FILE, alerts, alertTests, read, runbooks } from "./files.ts";
import { promtool } from "./promtool.ts";

interface RuleTest {
  readonly name: string;
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly object[] }[];
}

const all = alerts();

describe("The alerts", () => {
  it.skipIf(promtool === undefined)("are rules that Prometheus takes", () => {
    expect(execFileSync("promtool", ["check", "rules", ALERTS_FILE], { encoding: "utf8" })).toContain("SUCCESS");
  });

  it.skipIf(promtool === undefined).each(alertTests())("hold in %s", (file) => {
    expect(execFileSync("promtool", ["test", "rules", file], { encoding: "utf8" })).toContain("SUCCESS");
  });

  it("each have a test in which they fire and one in which they stay silent", () => {
    expect(alertTests().map((file) => basename(file, ".yaml"))).toEqual(all.map(({ alert }) => alert).sort());
    for (const file of alertTests()) {
      const { tests } = parse(readFileSync(file, "utf8")) as { tests: RuleTest[] };
      const alert = basename(file, ".yaml");
      const checks = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
      expect(new Set(checks.map(({ alertname }) => alertname))).toEqual(new Set([alert]));
      expect(checks.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
      expect(
        tests.some(({ alert_rule_test }) => alert_rule_test.every(({ exp_alerts }) => exp_alerts.length === 0)),
      ).toBe(true);
    }
  });

  it.each(all.map((alert) => [alert.alert, alert] as const))(
    "%s has severity, summary, description, runbook",
    (name, alert) => {
      expect(["warning", "critical"]).toContain(alert.labels["severity"]);
      expect(alert.annotations.summary).not.toBe("");
      expect(alert.annotations.description).toMatch(/\.$/);
      expect(alert.annotations.runbook_url).toBe(`docs/runbooks/${name}.md`);
      const page = read(alert.annotations.runbook_url);
      for (const heading of [`# ${name}`, "## What it means for mail", "## What to do"])
        expect(page.split("\n")).toContain(heading);
    },
  );

  it.each(all.map(({ alert, expr }) => [alert, expr] as const))(
    "17.21: %s tells clusters apart in all that it groups and matches",
    (_, expr) => {
      const lists = [...expr.matchAll(/\b(?:by|on|without|ignoring) \(([^)]*)\)/g)].map(([, labels = ""]) => labels);
      expect(lists.length).toBeGreaterThan(0);
      for (const labels of lists) expect(labels.split(", ")).toEqual(expect.arrayContaining(["cluster", "namespace"]));
    },
  );

  it("have no runbook without an alert", () => {
    expect(runbooks().sort()).toEqual(all.map(({ alert }) => `${alert}.md`).sort());
  });
});
