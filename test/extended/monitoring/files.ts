/** The files that monitoring consists of. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
export const read = (path: string): string => readFileSync(at(path), "utf8");

export const ALERTS_FILE = at("charts/o365-sync-operator/files/alerts.yaml");
export const ALERT_TESTS = at("test/extended/monitoring/alerts");

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<"summary" | "description" | "runbook_url", string>>;
}

export function alerts(): Alert[] {
  const { groups } = parse(readFileSync(ALERTS_FILE, "utf8")) as { groups: { rules: Alert[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export interface Query {
  readonly panel: string;
  readonly expr: string;
}

/** Every query of the dashboard, its variables included. */
export function queries(): Query[] {
  const { panels } = JSON.parse(read("charts/o365-sync-operator/files/dashboard.json")) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ panel: title, expr })));
}

export const alertTests = (): string[] => readdirSync(ALERT_TESTS).map((name) => `${ALERT_TESTS}/${name}`);
export const runbooks = (): string[] => readdirSync(at("docs/runbooks"));

/** The tables of docs/metrics.md: labels by metric, sorted. */
export function documented(): Map<string, readonly string[]> {
  const rows = read("docs/metrics.md").matchAll(/^\| `([a-z0-9_]+)` \| ([a-z, ]*) \|/gm);
  return new Map([...rows].map(([, name = "", labels = ""]) => [name, labels.split(/, */).filter(Boolean).sort()]));
}

/** Names of ours, of Node and of controller-runtime in a text. */
export function metricsIn(text: string): Set<string> {
  const names =
    text.match(
      /\b(?:o365sync|controller_runtime|workqueue|rest_client|leader_election|process|nodejs)_[a-z_0-9]+\b/g,
    ) ?? [];
  return new Set(names.map((name) => name.replace(/_(?:bucket|count|sum)$/, "")));
}
