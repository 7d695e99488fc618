/** What .ci/run asks of vitest's JSON reports: `failed REPORT` names the files to try again, `total FOLDER STEPS` ends the run. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

interface Test {
  readonly fullName: string;
  readonly status: "passed" | "failed" | "pending" | "skipped" | "todo";
  readonly failureMessages: readonly string[];
}

export interface FileResult {
  /** Path of the test file. */
  readonly name: string;
  readonly status: string;
  /** Why the file as a whole could not run. */
  readonly message?: string;
  readonly assertionResults: readonly Test[];
}

export interface Report {
  readonly testResults: readonly FileResult[];
}

/** By the name of the step; files that failed were run once more, alone. */
export interface Step {
  readonly name: string;
  readonly report: Report;
  readonly again?: Report;
}

/** Beyond this it is no accident, and trying again would only take time. */
const MOST_AGAIN = 5;
const MOST_LINES = 8;

export function filesToTryAgain({ testResults }: Report): string[] {
  const failed = testResults.filter(({ status }) => status !== "passed").map(({ name }) => name);
  return failed.length > MOST_AGAIN ? [] : failed;
}

/** Lines for people, the last of which is the total; what passed only alone is told, and counts as passed. */
export function total(steps: readonly Step[], failedSteps: number): { readonly lines: string[]; readonly ok: boolean } {
  const lines: string[] = [];
  let [passed, failed, skipped] = [0, failedSteps, 0];
  for (const { name, report, again } of steps) {
    const second = new Map(again?.testResults.map((file) => [file.name, file]));
    for (const first of report.testResults) {
      const last = first.status === "passed" ? first : (second.get(first.name) ?? first);
      const count = (status: Test["status"]): number =>
        last.assertionResults.filter((test) => test.status === status).length;
      passed += count("passed");
      failed += count("failed");
      skipped += count("pending") + count("skipped") + count("todo");
      if (last !== first && last.status === "passed") lines.push(...told("UNSTABLE, passed alone", name, first));
      else if (last.status !== "passed") lines.push(...told("FAILED", name, last));
    }
  }
  if (skipped > 0) lines.push(`${skipped} skipped`);
  lines.push(`${passed} passed, ${failed} failed`);
  return { lines, ok: failed === 0 && passed > 0 };
}

function told(what: string, step: string, { name, message = "", assertionResults }: FileResult): string[] {
  const short = (text: string): string[] =>
    text
      .split("\n")
      .slice(0, MOST_LINES)
      .map((line) => `    ${line.slice(0, 200)}`);
  const failures = assertionResults.filter(({ status }) => status === "failed");
  return [
    `${what}: ${step}, ${name}`,
    ...(failures.length === 0 ? short(message) : []),
    ...failures.flatMap(({ fullName, failureMessages }) => [`  ${fullName}`, ...short(failureMessages.join("\n"))]),
  ];
}

function main([command, path = "", failedSteps = "0"]: readonly string[]): void {
  const read = (file: string): Report => JSON.parse(readFileSync(file, "utf8")) as Report;
  if (command === "failed") {
    for (const file of filesToTryAgain(read(path))) console.log(file);
    return;
  }
  const files = readdirSync(path);
  const names = files.flatMap((file) => (/^[^.]+\.json$/.test(file) ? [file.slice(0, -".json".length)] : []));
  const steps = names.map((name) => {
    const report = read(join(path, `${name}.json`));
    return files.includes(`${name}.again.json`)
      ? { name, report, again: read(join(path, `${name}.again.json`)) }
      : { name, report };
  });
  const { lines, ok } = total(steps, Number(failedSteps));
  console.log(lines.join("\n"));
  process.exitCode = ok ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
