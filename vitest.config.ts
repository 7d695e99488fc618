import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

/** The folder of a test is its project: `test/unit`, `test/cluster`, `test/extended`. */
const project = (name: string, more: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...more },
});
/** Talks to an API server, or starts programs; a server is started for them, and only when one of them runs. */
const globalSetup = "test/support/global-setup.ts";

export default defineConfig({
  test: {
    // Most of them wait for servers and processes: more workers than a small machine has cores.
    maxWorkers: 4,
    // Modules are loaded once a worker: loading them for each file took a fifth of the time. They keep no state.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    setupFiles: ["test/support/properties.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { provider: "v8", include: ["src/**"], exclude: ["**/*.generated.ts"] },
    projects: [
      project("unit"),
      project("cluster", { globalSetup }),
      project("extended", { globalSetup }),
      project("e2e"),
    ],
  },
});
