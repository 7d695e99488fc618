/** Asks Prometheus' own engine, through promtool: rules and queries over samples that a test scraped. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool } from "../../support/tools.ts";

/** Undefined, with a word, on machines without it. */
export const promtool: string | undefined = findTool("promtool");

/** One scrape of /metrics, and the simulated second it was made at. */
export interface Scrape {
  readonly seconds: number;
  readonly text: string;
}

export interface ExpectedAlert {
  readonly alertname: string;
  /** Seconds from the first scrape. */
  readonly at: number;
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
}

/**
 * Samples by series in the notation of promtool, one for each scrape, `interval` seconds apart. Times become relative to
 * the first scrape, which is promtool's zero. `only` keeps what a test needs.
 */
export function seriesOf(
  scrapes: readonly Scrape[],
  labels: Readonly<Record<string, string>>,
  only: (metric: string) => boolean = () => true,
): { readonly series: string; readonly values: string }[] {
  const start = scrapes[0]?.seconds ?? 0;
  const extra = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  const values = new Map<string, (string | undefined)[]>();
  for (const [index, { text }] of scrapes.entries()) {
    for (const line of text.split("\n")) {
      const [, metric = "", own, value = ""] = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (metric === "" || !only(metric)) continue;
      const series = `${metric}{${[...(own === undefined ? [] : [own]), ...extra].join(",")}}`;
      const row = values.get(series) ?? [];
      row[index] = metric.endsWith("_timestamp_seconds") ? String(Number(value) - start) : value;
      values.set(series, row);
    }
  }
  return [...values].map(([series, row]) => ({
    series,
    values: Array.from({ length: scrapes.length }, (_, index) => row[index] ?? "_").join(" "),
  }));
}

/** Runs `promtool test rules` over one group of tests; answers its complaints, or nothing. */
export function testRules(file: { readonly rule_files: readonly string[]; readonly tests: readonly object[] }): string {
  const folder = mkdtempSync(join(tmpdir(), "o365-sync-promtool-"));
  try {
    const path = join(folder, "test.yaml");
    writeFileSync(path, JSON.stringify({ ...file, evaluation_interval: "1m" }));
    const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", path], { encoding: "utf8" });
    return status === 0 ? "" : `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function checkMetrics(text: string): void {
  execFileSync("promtool", ["check", "metrics"], { input: text, stdio: ["pipe", "pipe", "pipe"] });
}
