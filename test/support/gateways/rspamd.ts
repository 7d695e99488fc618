/** Runs Rspamd with the multimap that docs/consumers.md shows, in a folder and on a port of its own. */
import { spawn } from "node:child_process";
import { chmod, chown, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { timeUntil } from "./bench.ts";
import { documented } from "./docs.ts";
import { program } from "./programs.ts";

export interface Rspamd {
  /** The symbols that a mail to this recipient gets; undefined while it does not answer. */
  symbols(recipient: string): Promise<string[] | undefined>;
  stop(): Promise<void>;
}

/** `more` goes behind the documented multimap. */
export async function startRspamd(folder: string, port: number, mount: string, more: string): Promise<Rspamd> {
  const local = join(folder, "local.d");
  await mkdir(local, { recursive: true });
  const tld = join(folder, "tld");
  const files: Record<string, string> = {
    "multimap.conf": documented("multimap.conf").replaceAll("/etc/o365-sync", mount) + more,
    "worker-normal.inc": `bind_socket = "127.0.0.1:${port}"; count = 1;`,
    "worker-controller.inc": "enabled = false;",
    "worker-proxy.inc": "enabled = false;",
    "logging.inc": 'type = "console"; level = "error";',
    // No network, and nothing that takes long to compile.
    "options.inc": `map_watch_interval = 1s; disable_hyperscan = true; filters = ""; url_tld = "${tld}"; dns { nameserver = ["127.0.0.1:9"]; }`,
    "rbl.conf": "enabled = false;",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(local, name), text);
  await writeFile(tld, "com\nnet\norg\nexample\n");
  const { uid, gid } = await stat("/var/lib/rspamd");
  await chown(folder, uid, gid);
  await chmod(folder, 0o755);
  const folders = ["LOCAL_CONFDIR", "RUNDIR", "DBDIR", "LOGDIR"].flatMap((name) => ["--var", `${name}=${folder}`]);
  const args = ["-f", "-u", "_rspamd", "-g", "_rspamd", "-c", "/etc/rspamd/rspamd.conf", ...folders];
  const child = spawn(program("rspamd"), args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const rspamd: Rspamd = {
    async symbols(recipient) {
      try {
        const headers = { Rcpt: recipient, From: "sender@client.example", IP: "127.0.0.1" };
        const body = `From: <sender@client.example>\r\nTo: <${recipient}>\r\nSubject: x\r\n\r\nHello.\r\n`;
        const response = await fetch(`http://127.0.0.1:${port}/checkv2`, { method: "POST", headers, body });
        const { symbols } = (await response.json()) as { symbols: Record<string, unknown> };
        return Object.keys(symbols);
      } catch {
        return undefined;
      }
    },
    async stop() {
      child.kill();
      await ended;
    },
  };
  await timeUntil(
    () => rspamd.symbols("nobody@nobody.example"),
    (symbols) => symbols !== undefined,
    50_000,
  );
  return rspamd;
}
