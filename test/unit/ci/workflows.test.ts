/** What the workflows run can be run here: no step has a shell of its own to be wrong in. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { filesOf, ROOT } from "../../support/pages.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly name?: string;
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[]; readonly "timeout-minutes"?: number }>>;
}

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const workflows = filesOf(".github/workflows", ".yml").map((path) => [path, parse(read(path)) as Workflow] as const);
const runs = workflows.flatMap(([, { jobs }]) => Object.values(jobs).flatMap(({ steps }) => steps));
/** By the script's own usage. */
const STEPS = [.../^# {3}([a-z]+) /gm[Symbol.matchAll](read("scripts/release"))].map(([, step = ""]) => step);

describe("24.3: the workflows", () => {
  it.each(workflows)("%s may read, unless a job says more, and ends", (_, { permissions, jobs }) => {
    expect(permissions).toEqual({ contents: "read" });
    for (const job of Object.values(jobs)) expect(job["timeout-minutes"]).toBeLessThanOrEqual(60);
  });

  it("run nothing but npm and scripts of this repository, and names in lower case", () => {
    const commands = runs.flatMap(({ run, name }) =>
      run === undefined || name?.startsWith("Names") ? [] : [run.trim()],
    );
    expect(commands.length).toBeGreaterThan(8);
    for (const command of commands)
      expect(command).toMatch(/^(npm (ci|run [a-z:]+)|scripts\/[a-z/.]+( --dry-run)?( [a-z]+)*)$/);
  });

  it("take each step of a release, which `all` takes too", () => {
    const [, listed = ""] = /^STEPS=\((.*)\)$/m.exec(read("scripts/release")) ?? [];
    expect(STEPS).toEqual(listed.split(" "));
    const taken = runs.flatMap(({ run = "" }) => /^scripts\/release ((?!--)[a-z ]+)$/.exec(run)?.[1]?.split(" ") ?? []);
    expect(new Set(taken)).toEqual(new Set(STEPS));
  });
});
