/** What `operator.cjs probe` is told: which tenant, and how to get in. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { MINUTE_MS } from "../base/time.ts";
import { UsageError } from "../config/values.ts";
import { CLOUDS, type CloudTable, loadCloudEndpoints } from "../directory/clouds.ts";
import type { Cloud, Connection, Credential } from "../directory/types.ts";
import { domainName } from "../recipients/smtp-address.ts";

export interface ProbeOptions {
  readonly connection: Connection;
  readonly endpoints: CloudTable;
  /** That the tenant should own; undefined: not asked. */
  readonly domain: string | undefined;
  /** How long changes are waited for; undefined: not at all. */
  readonly watchMs: number | undefined;
}

/** A token is good for an hour, and is asked for once. */
const MOST_MINUTES = 50;

const FLAGS = {
  "tenant-id": "ID        the tenant: its GUID or a verified domain name (required)",
  "client-id": "ID        the application (client) id of the app registration (required)",
  "client-secret-file": "FILE     file with a client secret",
  "certificate-file": "FILE     file with a PEM certificate, and its chain if it has one",
  "private-key-file": "FILE     file with the PEM key of that certificate",
  "federated-token-file": "FILE     file with a projected service account token",
  cloud: "CLOUD    Global, USGovernmentGCCHigh, USGovernmentDoD or China (default Global)",
  domain: "NAME     a domain that the tenant should own",
  watch: "MINUTES  waits so long (1 to 50) for changes that others make, and says how late a delta shows them",
  "cloud-endpoints": "FILE     JSON file that replaces endpoints, as for the operator",
} as const;

type FlagName = keyof typeof FLAGS;

export function probeHelp(): string {
  const rows = Object.entries(FLAGS).map(([name, help]) => {
    const [value = "", ...words] = help.split(/\s+/);
    return `  ${`--${name} ${value}`.padEnd(36)} ${words.join(" ")}`;
  });
  return [
    "Asks a tenant what this project takes for granted, and says what holds there. Reads only; shows no addresses.",
    "",
    "usage: node operator.cjs probe --tenant-id ID --client-id ID --client-secret-file FILE [flags]",
    "",
    ...rows,
    `  ${"--help".padEnd(36)} show this and exit`,
    "",
    "One of --client-secret-file, --certificate-file with --private-key-file, and --federated-token-file proves the app.",
    "HTTPS_PROXY, NO_PROXY and NODE_EXTRA_CA_CERTS are honoured. Exit code: 0 all holds, 1 something does not, 2 wrong usage.",
    "",
  ].join("\n");
}

/** Throws UsageError. */
export function parseProbe(args: readonly string[]): ProbeOptions | "help" {
  const values = parse(args);
  if (values === "help") return "help";
  const required = (name: FlagName): string => {
    const value = values.get(name);
    if (value === undefined) throw new UsageError(`probe: --${name} is required; see probe --help`);
    return value;
  };
  const cloud = values.get("cloud") ?? "Global";
  if (!Object.hasOwn(CLOUDS, cloud))
    throw new UsageError(`probe: --cloud must be one of ${Object.keys(CLOUDS).join(", ")}, not "${cloud}"`);
  const endpoints = values.get("cloud-endpoints");
  return {
    connection: {
      cloud: cloud as Cloud,
      tenantId: required("tenant-id"),
      credential: credentialOf(values, required("client-id")),
    },
    endpoints: endpoints === undefined ? CLOUDS : loadEndpoints(readText("cloud-endpoints", endpoints)),
    domain: domainOf(values.get("domain")),
    watchMs: watchOf(values.get("watch")),
  };
}

function watchOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const minutes = Number(text);
  if (!/^\d{1,2}$/.test(text) || minutes < 1 || minutes > MOST_MINUTES)
    throw new UsageError(`probe: --watch must be a number of minutes, 1 to ${MOST_MINUTES}, not "${text}"`);
  return minutes * MINUTE_MS;
}

/** As domains are compared. */
function domainOf(text: string | undefined): string | undefined {
  const name = text === undefined ? undefined : domainName(text.trim());
  if (text !== undefined && name === undefined)
    throw new UsageError(`probe: --domain "${text}" is no name of a domain`);
  return name;
}

function parse(args: readonly string[]): ReadonlyMap<FlagName, string> | "help" {
  const options = Object.fromEntries(Object.keys(FLAGS).map((name) => [name, { type: "string" } as const]));
  try {
    const { values } = parseArgs({ args: [...args], options: { ...options, help: { type: "boolean", short: "h" } } });
    if (values.help === true) return "help";
    const given = new Map<string, unknown>(Object.entries(values));
    return new Map(
      (Object.keys(FLAGS) as FlagName[]).flatMap((name) => {
        const value = given.get(name);
        return typeof value === "string" && value !== "" ? [[name, value] as const] : [];
      }),
    );
  } catch (error) {
    throw new UsageError(`probe: ${error instanceof Error ? error.message.split("\n")[0] : ""}; see probe --help`);
  }
}

function credentialOf(values: ReadonlyMap<FlagName, string>, clientId: string): Credential {
  const text = (name: FlagName): string => readText(name, values.get(name) ?? "");
  const kinds: Credential[] = [];
  if (values.has("client-secret-file"))
    kinds.push({ kind: "clientSecret", clientId, clientSecret: text("client-secret-file").trim() });
  if (values.has("certificate-file") && values.has("private-key-file"))
    kinds.push({
      kind: "certificate",
      clientId,
      certificate: text("certificate-file"),
      privateKey: text("private-key-file"),
    });
  const tokenFile = values.get("federated-token-file");
  if (tokenFile !== undefined) kinds.push({ kind: "workloadIdentity", clientId, tokenFile });
  const [credential, second] = kinds;
  if (credential !== undefined && second === undefined) return credential;
  throw new UsageError(
    "probe: give exactly one of --client-secret-file, --certificate-file with --private-key-file, and --federated-token-file",
  );
}

function readText(flag: FlagName, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new UsageError(`probe: --${flag}: cannot read ${path}: ${code}`);
  }
}

function loadEndpoints(text: string): CloudTable {
  try {
    return loadCloudEndpoints(text);
  } catch (error) {
    throw new UsageError(`probe: --cloud-endpoints: ${error instanceof Error ? error.message : String(error)}`);
  }
}
