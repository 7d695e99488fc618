/** Runs Exim with the configuration that docs/consumers.md shows, in a folder and on a port of its own. */
import { execFile, spawn } from "node:child_process";
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
  stop(): Promise<void>;
}

export async function startExim(folder: string, port: number, mount: string): Promise<Exim> {
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
  ].join("\n");
  const config = documented("exim.conf")
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
    async stop() {
      child.kill();
      await ended;
    },
  };
}
