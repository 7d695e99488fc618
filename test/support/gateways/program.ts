/** The gateway program inside the test: `operator.cjs gateway` with the flags that a test gives it. */
import { type Deps, systemDeps } from "../../../src/base/deps.ts";
import { parseGateway } from "../../../src/gateway/flags.ts";
import { type Gateway, startGateway } from "../../../src/gateway/gateway.ts";
import { loadAccess } from "../../../src/runtime/access.ts";
import { createClient } from "../../../src/runtime/client.ts";
import type { Client, Logger } from "../../../src/runtime/types.ts";

export interface ProgramOptions {
  readonly namespace: string;
  readonly directory: string;
  readonly flags?: readonly string[];
  /** Of the API server; or a client of the test's own. */
  readonly kubeconfig?: string;
  readonly client?: Client;
  readonly deps?: Deps;
  readonly log?: Logger;
}

export interface Program extends Gateway {
  stop(): Promise<void>;
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { namespace, directory, flags = [], kubeconfig, deps = systemDeps, log = silent } = options;
  const config = parseGateway([`--directory=${directory}`, ...flags]);
  if (config === "help") throw new Error("no help is wanted");
  const stop = new AbortController();
  const connect = (onAnswer: () => void): Client =>
    options.client ??
    createClient(loadAccess(kubeconfig), deps, { onRequest: ({ code }) => code.startsWith("2") && onAnswer() });
  const gateway = await startGateway(
    { config, namespace, connect, deps, log, version: "test", env: process.env },
    stop.signal,
  );
  return Object.assign(Object.create(gateway) as Gateway, {
    async stop() {
      stop.abort(new Error("the test is over"));
      await gateway.ended;
    },
  });
}
