import { defineConfig } from "vitest/config";

/** Tests in these folders talk to an API server; one is started for them, and only when one of them runs. */
const CLUSTER = ["test/{controlplane,crds,hostile,scenarios,upgrade}/**/*.test.ts"];
/** What takes longer, or needs tools that a newcomer does not have: `npm run test:extended`, and CI. */
const EXTENDED = [
  "test/extended/**/*.test.ts",
  "test/{bundle,crash,outage,simulation}/**/*.test.ts",
  "test/hostile/{data,wire}.test.ts",
  "test/scenarios/random-history.test.ts",
];

const globalSetup = "test/support/global-setup.ts";
export default defineConfig({
  test: {
    // Most of them wait for servers and processes: more workers than a small machine has cores.
    maxWorkers: 4,
    // Modules are loaded once a worker: loading them for each file took a fifth of the time. They keep no state.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { provider: "v8", include: ["src/**"], exclude: ["**/*.generated.ts"] },
    projects: [
      { extends: true, test: { name: "unit", include: ["test/**/*.test.ts"], exclude: [...CLUSTER, ...EXTENDED] } },
      { extends: true, test: { name: "cluster", include: CLUSTER, exclude: EXTENDED, globalSetup } },
      { extends: true, test: { name: "extended", include: EXTENDED, globalSetup } },
    ],
  },
});
