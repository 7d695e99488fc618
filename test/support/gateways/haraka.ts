/** Runs Haraka with the plugin that docs/consumers.md shows, in a folder and on a port of its own. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, realpathSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { timeUntil } from "./bench.ts";
import { documented } from "./docs.ts";
import { program } from "./programs.ts";
import { openSession } from "./smtp.ts";

export interface Haraka {
  readonly port: number;
  log(): string;
  stop(): Promise<void>;
}

/** `socketmap`: the port that the gateway program answers at. */
export async function startHaraka(folder: string, port: number, socketmap: number): Promise<Haraka> {
  for (const name of ["config", "plugins", "queue"]) await mkdir(join(folder, name), { recursive: true });
  const plugin = documented("rcpt_to.socketmap.js").replace("port: 10460", `port: ${socketmap}`);
  // As `haraka --install` copies it.
  const own = (name: string): string =>
    readFileSync(join(dirname(realpathSync(program("haraka"))), "../config", name), "utf8");
  const files: Record<string, string> = {
    "plugins/rcpt_to.socketmap.js": plugin,
    "config/plugins": "rcpt_to.socketmap\n",
    "config/smtp.ini": `listen=127.0.0.1:${port}\nnodes=0\n`,
    // What a test needs and a gateway would not have: patience, and inbound servers on this very machine.
    "config/connection.ini": own("connection.ini").replace(/^bytes=.*$/m, "bytes=157286400"),
    "config/outbound.ini": "always_split=false\nlocal_mx_ok=true\n",
    "config/me": "mx.example.com\n",
    "config/loglevel": "LOGERROR\n",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const output = join(folder, "log");
  const log = openSync(output, "a");
  const child = spawn(program("haraka"), ["-c", folder], { stdio: ["ignore", log, log] });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const haraka: Haraka = {
    port,
    log: () => readFileSync(output, "utf8"),
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
  await timeUntil(
    () =>
      openSession(port).then(
        (session) => session.close().then(() => true),
        () => false,
      ),
    (open) => open,
  );
  return haraka;
}
