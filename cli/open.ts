/** Opens a session: the caller's own kubeconfig and rights, and a place to print to. */
import type { Deps } from "../src/base/deps.ts";
import { loadAccess } from "../src/runtime/access.ts";
import { createClient } from "../src/runtime/client.ts";
import { RELEASE } from "../src/version.ts";
import { CommandError } from "./command-error.ts";
import { createOutput, type Streams } from "./output.ts";
import type { GlobalOptions, Session } from "./session.ts";

/** Names the program to the API server, in its audit log and in metadata.managedFields. */
const NAME = "kubectl-mailsync";

export interface OpenParts {
  readonly streams: Streams;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly deps: Deps;
  readonly signal: AbortSignal;
}

/** Throws CommandError where there is no way to an API server. */
export function openSession(options: GlobalOptions, { streams, env, deps, signal }: OpenParts): Session {
  let access: ReturnType<typeof loadAccess>;
  try {
    access = loadAccess(options.kubeconfig, deps.clock, options.context);
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
  const ownNamespace = access.namespace ?? "default";
  return {
    client: createClient(access, deps, { userAgent: `${NAME}/${RELEASE}`, fieldManager: NAME }),
    server: access.server,
    namespace: options.allNamespaces === true ? undefined : (options.namespace ?? ownNamespace),
    ownNamespace,
    clock: deps.clock,
    signal,
    output: createOutput(streams, options.output ?? "text", env),
    streams,
  };
}
