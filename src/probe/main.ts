/** The subcommand `probe`: flags in, findings out, line by line. */
import { type Deps, systemDeps } from "../base/deps.ts";
import type { Config } from "../config/config.ts";
import { createHttp } from "../directory/http/http.ts";
import type { Finding } from "./finding.ts";
import { parseProbe, probeHelp } from "./flags.ts";
import { describeFailure, probe } from "./probe.ts";

export interface ProbeParts {
  readonly proxy: Config["proxy"];
  readonly print: (text: string) => void;
  /** PEM of a CA to trust in place of the system's and NODE_EXTRA_CA_CERTS. */
  readonly ca?: string;
  /** Clock and chance. Default: the machine's. */
  readonly deps?: Deps;
}

/** Answers the exit code. Throws UsageError. */
export async function runProbe(
  args: readonly string[],
  { proxy, print, ca, deps = systemDeps }: ProbeParts,
): Promise<number> {
  const options = parseProbe(args);
  if (options === "help") {
    print(probeHelp());
    return 0;
  }
  const { cloud, tenantId } = options.connection;
  print(`What is taken for granted, and whether it holds in the tenant ${tenantId} (${cloud}):\n`);
  const counts = { holds: 0, differs: 0, unknown: 0 };
  const tell = ({ outcome, text }: Finding): void => {
    counts[outcome]++;
    print(`  ${outcome.padEnd(8)} ${text}\n`);
  };
  try {
    await probe(options, { http: createHttp({ proxy, ca }), deps }, tell);
  } catch (error) {
    const failure = describeFailure(error);
    if (failure === undefined) throw error;
    tell({ outcome: "differs", text: failure });
  }
  print(`${counts.holds} hold, ${counts.differs} differ, ${counts.unknown} cannot be told here\n`);
  return counts.differs === 0 ? 0 : 1;
}
