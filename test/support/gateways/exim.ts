/** Runs Exim with the configuration that docs/consumers.md shows, in a folder and on a port of its own. */
import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { timeUntil } from "./bench.ts";
import { documented } from "./docs.ts";
import { program } from "./programs.ts";
import { openSession } from "./smtp.ts";

const run = promisify(execFile);

export interface Exim {
  readonly port: number;
  /** What it has logged of mails and recipients. */
  log(): string;
  stop(): Promise<void>;
}

export interface EximOptions {
  readonly folder: string;
  readonly port: number;
  /** Where the ConfigMaps are mounted. */
  readonly mount: string;
  /** Default: as documented for mounted ConfigMaps. */
  readonly config?: string;
}

/** What docs/consumers.md shows for a pod. */
export const eximMounted = (): string =>
  documented("exim.conf").replace(/^RECIPIENTS.*\nROUTING.*\n/m, () => documented("exim-mounted.conf"));

export async function startExim(options: EximOptions): Promise<Exim> {
  const { folder, port, mount, config: shown = eximMounted() } = options;
  const spool = join(folder, "spool");
  await mkdir(spool, { recursive: true });
  await run("chown", ["-R", "Debian-exim", spool]);
  const exim = program("exim4");
  const place = [
    `exim_path = ${exim}`,
    `spool_directory = ${spool}`,
    `log_file_path = ${spool}/%slog`,
    `local_interfaces = <; [127.0.0.1]:${port}`,
    // Not installed, so not setuid root.
    "deliver_drop_privilege = true",
    "smtp_accept_max_per_connection = 100000",
    "recipients_max = 0",
    "smtp_max_unknown_commands = 100000",
    "smtp_max_synprot_errors = 100000",
  ].join("\n");
  const config = shown
    .replaceAll("/etc/o365-sync", mount)
    // Exim does not deliver to the host that it runs on unless it is told to.
    .replace("driver = manualroute", "driver = manualroute\n  self = send");
  const file = join(folder, "exim.conf");
  await writeFile(file, `${place}\n${config}`);
  const child = spawn(exim, ["-bdf", "-q1s", "-C", file], { stdio: ["ignore", "inherit", "inherit"], detached: true });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await timeUntil(
    () =>
      openSession(port).then(
        (session) => session.close().then(() => true),
        () => false,
      ),
    (open) => open,
  );
  return {
    port,
    log: () => ["main", "reject"].map((name) => readIfThere(join(spool, `${name}log`))).join(""),
    async stop() {
      child.kill();
      await ended;
    },
  };
}

const readIfThere = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
