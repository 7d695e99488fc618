/** The script that lands a change, with programs that only write down what they were told: what it goes through, skips and counts. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../../support/pages.ts";

const REPORT = JSON.stringify({
  testResults: [{ name: "a", status: "passed", assertionResults: [{ fullName: "a", status: "passed" }] }],
});
/** Writes the report that vitest would write. */
const TESTS = `#!/bin/bash
echo "$(basename "$0") $* [\${KUBEBUILDER_ASSETS:-none}] \${E2E_KIT:-}" >>"$CALLS"
for each in "$@"; do case "$each" in --outputFile.json=*) echo '${REPORT}' >"\${each#*=}" ;; esac; done
`;
const hasRealNodes = process.platform === "linux" && process.arch === "x64" && process.getuid?.() === 0;

describe("What lands a change", () => {
  let folder: string;
  const program = (path: string, text: string): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "o365-sync-ci-"));
    mkdirSync(join(folder, "repo/.ci"), { recursive: true });
    copyFileSync(join(ROOT, ".ci/run"), join(folder, "repo/.ci/run"));
    const reports = `cd "${ROOT}" && exec "${process.execPath}" --import tsx "$2" "\${@:3}"`;
    program("bin/npm", TESTS);
    program("bin/npx", `${TESTS}if [[ "$2" == scripts/ci-reports.ts ]]; then ${reports}; fi\n`);
    program("bin/chromium", "#!/bin/sh\n");
    program("repo/scripts/ci/site.sh", "#!/bin/sh\necho pages\n");
    program("repo/scripts/ci/gateways.sh", "#!/bin/sh\necho /gateways\n");
    program("repo/scripts/ci/cluster.sh", '#!/bin/sh\necho "cluster.sh $*" >>"$CALLS"\n');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(): { readonly status: number | null; readonly lines: string[]; readonly calls: string[] } {
    const env = { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, CALLS: join(folder, "calls"), HOME: folder };
    const { status, stdout } = spawnSync("bash", [join(folder, "repo/.ci/run")], { encoding: "utf8", env });
    const calls = existsSync(env.CALLS) ? readFileSync(env.CALLS, "utf8").split("\n") : [];
    return { status, lines: stdout.trimEnd().split("\n"), calls };
  }
  const withCluster = (): void => {
    for (const name of ["up", "use"]) program(`shared/cluster/${name}`, "#!/bin/sh\nexit 1\n");
  };

  it("24: on a machine that has nothing but Node.js: says what is skipped, lands by the rest, and tells what took how long", () => {
    const { status, lines, calls } = run();
    // This machine may count instructions.
    expect(lines.filter((line) => line.startsWith("skipped") && !line.includes("valgrind"))).toEqual([
      "skipped: what kstatus itself says; there is none",
      "skipped: there is no go to build actionlint with",
      "skipped: a release needs helm and kubectl",
      "skipped: the end-to-end test on real nodes needs ../shared/cluster",
    ]);
    expect({ last: lines.at(-1), status }).toEqual({ last: "2 passed, 0 failed", status: 0 });
    expect(calls.filter((call) => call.startsWith("npm test"))).toHaveLength(1);
    for (const step of ["types", "lint", "generate:check", "build", "soak", "mutants", "bench", "demo"])
      expect(calls.some((call) => call.startsWith(`npm run --silent ${step} `))).toBe(true);
    const times = lines.slice(lines.indexOf("== times") + 1).filter((line) => /^ +\d+ s {2}/.test(line));
    expect(times.length).toBeGreaterThan(10);
    expect(times.at(-1)).toMatch(/in all$/);
  });

  it("goes through three API servers where both real ones are there, the slow tests on the newest", () => {
    program("shared/envtest/use", '#!/bin/sh\necho "/assets$1"\n');
    const { status, calls } = run();
    expect(status).toBe(0);
    const on = (what: string): string[] =>
      calls.flatMap((call) => (call.includes(what) ? [/\[(.*)\]/.exec(call)?.[1] ?? ""] : []));
    expect(on("npm test")).toEqual(["/assets"]);
    // Side by side: either may be first.
    expect(on("--project cluster").toSorted()).toEqual(["/assets1.32.13", "none"]);
    expect(on("npm run test:extended")).toEqual(["/assets"]);
  });

  it.runIf(hasRealNodes)("24.1: has packages and bases made for real nodes, and runs the story on them", () => {
    withCluster();
    const { status, calls } = run();
    expect(status).toBe(0);
    expect(calls).toContain("cluster.sh ../shared/cluster");
    expect(calls.filter((call) => call.includes("--project e2e"))).toEqual([
      expect.stringContaining("../shared/cluster"),
    ]);
  });

  it("prints what went on beside other steps as a whole, and fails with it", () => {
    program("repo/scripts/ci/site.sh", "#!/bin/sh\necho a link leads nowhere\nexit 1\n");
    const { status, lines } = run();
    expect(lines[lines.indexOf("== docs site") + 1]).toBe("a link leads nowhere");
    expect(lines.slice(-2)).toEqual(["FAILED: docs site", "2 passed, 1 failed"]);
    expect(status).toBe(1);
  });

  it.runIf(hasRealNodes)("24.1: fails where the kit is, and Debian's packages cannot be had", () => {
    withCluster();
    program("repo/scripts/ci/cluster.sh", "#!/bin/sh\nexit 100\n");
    const { status, lines } = run();
    expect(lines).toContain("FAILED: packages");
    expect(status).toBe(1);
  });
});
