/** A mail server that takes every mail and remembers for whom: Postfix' own smtp-sink. */
import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { timeUntil } from "./bench.ts";
import { program } from "./programs.ts";

export interface Sink {
  /** Every recipient of every mail, as it stood between `<` and `>`. */
  recipients(): string[];
  /** The subjects of what arrived, each with the recipient of its envelope: `subject to address`. */
  received(): string[];
  stop(): Promise<void>;
}

export async function startSink(folder: string, host: string, port: number): Promise<Sink> {
  await mkdir(folder);
  await promisify(execFile)("chown", ["postfix", folder]);
  const file = join(folder, "mails");
  const child = spawn(program("smtp-sink"), ["-u", "postfix", "-D", file, `${host}:${port}`, "100"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await timeUntil(
    () => isOpen(host, port),
    (open) => open,
  );
  const read = (): string => (existsSync(file) ? readFileSync(file, "latin1") : "");
  return {
    recipients: () => [...read().matchAll(/^X-Rcpt-Args: <((?:"(?:[^"\\]|\\.)*"|[^>"])*)>/gm)].map(([, to = ""]) => to),
    received() {
      const mails = read()
        .split(/^X-Client-Addr: /m)
        .slice(1);
      return mails.map((mail) => {
        const [, to = ""] = /^X-Rcpt-Args: <([^>]*)>/m.exec(mail) ?? [];
        const [, subject = ""] = /^Subject: (.*)$/m.exec(mail) ?? [];
        return `${subject.trim()} to ${to}`;
      });
    },
    async stop() {
      child.kill();
      await ended;
    },
  };
}

function isOpen(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
