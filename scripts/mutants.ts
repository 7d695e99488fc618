/**
 * Tests of the tests: breaks one rule at a time in a scratch copy, and demands that a test fails, which it names.
 * `npm run mutants [-- --part 2/3] [-- --only WORDS]`; ends with 1 when a break goes unnoticed.
 */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createVitest, type TestModule, type Vitest } from "vitest/node";
import { flagsOf } from "../dev/flags.ts";
import { broken } from "./mutants/break.ts";
import { BREAKS } from "./mutants/breaks.ts";

const HELP = `npm run mutants [-- --part N/M] [--only WORDS]

  --part N/M    every M-th break, beginning with the N-th; default 1/1: all
  --only WORDS  only breaks whose rule has these words in it
  --help        show this
`;
const ROOT = new URL("..", import.meta.url).pathname;
const LEFT_BEHIND = new Set(["node_modules", ".git", "dist", "coverage"]);
/** A break that makes a loop endless is noticed by this. */
const TEST_TIMEOUT_MS = 20_000;

async function scratchCopy(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-mutants-"));
  await cp(ROOT, folder, {
    recursive: true,
    filter: (path) =>
      !relative(ROOT, path)
        .split("/")
        .some((part) => LEFT_BEHIND.has(part)),
  });
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function start(root: string): Promise<Vitest> {
  return createVitest("test", {
    root,
    watch: false,
    project: ["unit", "cluster", "extended"],
    reporters: [{}],
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: TEST_TIMEOUT_MS,
  });
}

/** The names of the tests that failed, or of the files that could not even be loaded. */
async function failures(vitest: Vitest, tests: readonly string[]): Promise<string[]> {
  const found = await vitest.globTestSpecifications([...tests]);
  const wanted = found.filter(({ moduleId }) => tests.some((test) => moduleId.endsWith(`/${test}`)));
  if (wanted.length !== tests.length) throw new Error(`not every one of these is a test file: ${tests.join(", ")}`);
  const { testModules } = await vitest.runTestSpecifications(wanted, false);
  // It remembers what ran before.
  const now = new Set(wanted.map(({ moduleId }) => moduleId));
  return testModules.filter(({ moduleId }) => now.has(moduleId)).flatMap(failedIn);
}

function failedIn(module: TestModule): string[] {
  const names = [...module.children.allTests("failed")].map(
    ({ fullName }) => `${module.relativeModuleId} > ${fullName}`,
  );
  if (names.length > 0) return names;
  const hooks = [...module.children.allSuites()].flatMap((suite) => suite.errors());
  return module.errors().length + hooks.length > 0 ? [`${module.relativeModuleId} (a hook, or the file itself)`] : [];
}

async function main(): Promise<number> {
  const values = flagsOf(HELP, { part: { type: "string", default: "1/1" }, only: { type: "string" } });
  const [part = 1, parts = 1] = values.part.split("/").map(Number);
  const chosen = BREAKS.filter(
    ({ rule }, index) => index % parts === part - 1 && (values.only === undefined || rule.includes(values.only)),
  );
  if (chosen.length === 0) {
    console.error(`none of the ${BREAKS.length} breaks is of this part and these words; usage: ${HELP}`);
    return 2;
  }
  const started = Date.now();
  // The embedded API server: a break must be noticed on every machine.
  delete process.env["KUBEBUILDER_ASSETS"];
  // Nothing is tried twice, and what runs many times in CI runs a few times here.
  delete process.env["CI"];
  const folder = await scratchCopy();
  process.chdir(folder);
  const vitest = await start(folder);
  let unnoticed = 0;
  try {
    // What fails without any break notices nothing.
    const before = await failures(vitest, [...new Set(chosen.flatMap(({ tests }) => tests))]);
    for (const name of before) console.log(`fails without any break: ${name}`);
    // From here on one failing test is enough.
    for (const { config } of vitest.projects) config.bail = before.length + 1;
    for (const each of chosen) {
      const path = join(folder, each.file);
      const text = await readFile(path, "utf8");
      await writeFile(path, broken(text, each));
      vitest.invalidateFile(path);
      const caught = (await failures(vitest, each.tests)).filter((name) => !before.includes(name));
      await writeFile(path, text);
      vitest.invalidateFile(path);
      if (caught.length === 0) unnoticed++;
      console.log(
        `${caught.length === 0 ? "NOT NOTICED" : "noticed"}: ${each.rule}\n    ${caught[0] ?? each.tests.join(", ")}`,
      );
    }
  } finally {
    await vitest.close();
    await rm(folder, { recursive: true, force: true });
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`${chosen.length} breaks, ${unnoticed} not noticed, ${seconds} s`);
  return unnoticed === 0 ? 0 : 1;
}

process.exitCode = await main();
