/** The operator as the demo starts it: the product's own, that asks what is new every two seconds, so that nobody has to wait. */
import { readFileSync } from "node:fs";
import { systemDeps } from "../../src/base/deps.ts";
import { parseConfig } from "../../src/config/config.ts";
import { createLogger } from "../../src/observe/log.ts";
import { startOperator } from "../../src/operator/operator.ts";

const ADDITIONS_MS = 2_000;

async function main(): Promise<void> {
  const config = parseConfig(process.argv.slice(2), process.env);
  if (typeof config === "string") throw new Error("the demo's operator only runs");
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort(new Error("the demo is over")));
  const { cloudEndpoints, logLevel } = config;
  await startOperator({
    config,
    endpoints: cloudEndpoints === undefined ? undefined : readFileSync(cloudEndpoints, "utf8"),
    instance: "demo",
    log: createLogger(logLevel),
    deps: systemDeps,
    signal: stop.signal,
    additionsIntervalMs: ADDITIONS_MS,
  });
}

void main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
