/** Reads the configuration, wires the parts, runs: the one place where they meet. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { systemDeps } from "./base/deps.ts";
import { HOUR_MS } from "./base/time.ts";
import { type Config, parseConfig, proxyOf } from "./config/config.ts";
import { helpText } from "./config/flags.ts";
import { UsageError } from "./config/values.ts";
import { runGateway } from "./gateway/main.ts";
import { createLogger } from "./observe/log.ts";
import { startOperator } from "./operator/operator.ts";
import { runProbe } from "./probe/main.ts";
import { versionText } from "./version.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

async function main(): Promise<number> {
  let config: Config | "help" | "version";
  try {
    const [command, ...rest] = process.argv.slice(2);
    if (command === "probe")
      return await runProbe(rest, {
        proxy: proxyOf(process.env),
        print: (text) => void process.stdout.write(text),
      });
    if (command === "gateway") return await gateway(rest);
    config = parseConfig(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
  if (config === "help") {
    process.stdout.write(helpText());
    return 0;
  }
  if (config === "version") {
    process.stdout.write(versionText());
    return 0;
  }
  const log = createLogger(config.logLevel);
  // Node.js tells it too, in places of the bundle, and ends the process.
  process.on("uncaughtExceptionMonitor", (error) => log.error({ err: error }, "The operator crashes"));
  const stop = stopSignal((name) => log.info({ signal: name }, "Told to stop"));
  // Timers and idle servers keep no process alive: while it waits for an API server that is not there, nothing would.
  const alive = setInterval(() => {}, HOUR_MS);
  try {
    await startOperator({
      config,
      endpoints: readSettings("cloud-endpoints", config.cloudEndpoints),
      sharedAccess: readSettings("shared-access", config.sharedAccess),
      instance: config.podName ?? hostname(),
      log,
      deps: systemDeps,
      signal: stop,
    });
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT_USAGE;
    }
    log.error({ err: error }, "The operator ends");
    return EXIT_FAILED;
  } finally {
    clearInterval(alive);
  }
}

async function gateway(args: readonly string[]): Promise<number> {
  const alive = setInterval(() => {}, HOUR_MS);
  try {
    const print = (text: string): void => void process.stdout.write(text);
    return await runGateway(args, { env: process.env, print, signal: stopSignal(() => {}) });
  } finally {
    clearInterval(alive);
  }
}

/** Aborts when the process is told to stop. */
function stopSignal(onStop: (name: string) => void): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => {
      onStop(name);
      stop.abort(new Error(`told to stop by ${name}`));
    });
  }
  return stop.signal;
}

function readSettings(flag: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new UsageError(`--${flag}: cannot read ${path}: ${code}`);
  }
}

// Nothing may keep a process alive that no longer holds the lease.
void main().then((code) => process.exit(code));
