/** Runs the bundled operator as a process of its own, as a cluster would. */
import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../../scripts/bundle.ts";
import { caPath } from "../tls/index.ts";

export interface OperatorProcess {
  /** Where its log goes. */
  readonly log: string;
  /** Rejects when it ends by itself. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

const GRACE_MS = 10_000;

export async function startOperatorProcess(folder: string, flags: readonly string[]): Promise<OperatorProcess> {
  const file = join(folder, "operator.cjs");
  await bundle(file, { entryPoint: "dev/demo/operator-main.ts" });
  const log = join(folder, "operator.log");
  const output = openSync(log, "a");
  const child = spawn(process.execPath, [file, ...flags], {
    stdio: ["ignore", output, output],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caPath },
  });
  let stopping = false;
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const failed = ended.then((code) => {
    if (stopping) return new Promise<never>(() => {});
    throw new Error(`the operator ended with exit code ${code}; its log is ${log}`);
  });
  failed.catch(() => {});
  return {
    log,
    failed,
    async stop() {
      stopping = true;
      await stopChild(child, ended);
    },
  };
}

async function stopChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  await ended;
  clearTimeout(timer);
}
