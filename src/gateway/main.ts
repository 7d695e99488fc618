/** The subcommand `gateway`: flags in, a running gateway out, until it is told to stop. */
import { systemDeps } from "../base/deps.ts";
import { UsageError } from "../config/values.ts";
import { createLogger } from "../observe/log.ts";
import { type ApiServerAccess, loadAccess } from "../runtime/access.ts";
import { createClient } from "../runtime/client.ts";
import { RELEASE as version } from "../version.ts";
import { gatewayHelp, parseGateway } from "./flags.ts";
import { startGateway } from "./gateway.ts";

export interface GatewayProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Answers the exit code. Throws UsageError. */
export async function runGateway(args: readonly string[], { env, print, signal }: GatewayProcess): Promise<number> {
  const config = parseGateway(args);
  if (config === "help") {
    print(gatewayHelp());
    return 0;
  }
  const access = accessOf(config.kubeconfig);
  const namespace = config.namespace ?? access.namespace;
  if (namespace === undefined) throw new UsageError("gateway: --namespace is required: the kubeconfig names none");
  const log = createLogger(config.logLevel);
  const connect = (onAnswer: () => void) =>
    createClient(access, systemDeps, {
      userAgent: "o365-sync-gateway",
      onRequest: ({ code }) => {
        if (code.startsWith("2")) onAnswer();
      },
    });
  try {
    const gateway = await startGateway({ config, namespace, connect, log, env, version, deps: systemDeps }, signal);
    log.info({ namespace, directory: config.directory }, "The gateway answers");
    await gateway.ended;
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    log.error({ err: error }, "The gateway ends");
    return 1;
  }
}

function accessOf(kubeconfig: string | undefined): ApiServerAccess {
  try {
    return loadAccess(kubeconfig);
  } catch (error) {
    throw new UsageError(
      `gateway: --kubeconfig: ${error instanceof Error ? error.message.split("\n")[0] : "unreadable"}`,
    );
  }
}
