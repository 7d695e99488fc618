/** Runs the gateway of examples/postfix-gateway: its files, with the rights of its container, in a folder and on a port of its own. */
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { timeUntil } from "./bench.ts";
import { program } from "./programs.ts";

const run = promisify(execFile);
export const EXAMPLE = join(import.meta.dirname, "../../../examples/postfix-gateway");

export interface PostfixOptions {
  /** For everything that it writes; must exist. */
  readonly folder: string;
  readonly port: number;
  /** Where the ConfigMaps are mounted. */
  readonly mount: string;
  /** A main.cf to begin with, in place of the example's. */
  readonly main?: string;
  /** Lines of main.cf that differ from it. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Environment of start.sh. By default it looks so seldom that no test sees it reload. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Postfix {
  readonly port: number;
  /** What it has logged so far. */
  log(): string;
  /** The lines in which it complains; a table that is not right makes it warn. */
  complaints(): string[];
  /** Changes main.cf, for processes that start from now on; a reload ends the others. */
  set(settings: Readonly<Record<string, string>>): Promise<void>;
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** The main.cf that Debian writes for a machine with a name, without its TLS and its aliases. */
export const STOCK_MAIN = `compatibility_level = 3.6
myhostname = mx.example.com
myorigin = example.com
mydestination = $myhostname, localhost.$mydomain, localhost
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
alias_maps =
recipient_delimiter = +
inet_interfaces = all
maillog_file = /dev/stdout
`;

/** What a test needs and a gateway would not have: its own place, and patience with a client that asks for much. */
const UNDER_TEST = {
  inet_interfaces: "127.0.0.1",
  inet_protocols: "ipv4",
  smtpd_error_sleep_time: "0",
  smtpd_soft_error_limit: "10000",
  smtpd_hard_error_limit: "10000",
  smtpd_client_connection_count_limit: "0",
  minimal_backoff_time: "1s",
  maximal_backoff_time: "2s",
  queue_run_delay: "1s",
};

export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const { folder, port, mount, main = readFileSync(join(EXAMPLE, "main.cf"), "utf8"), settings = {} } = options;
  const config = join(folder, "etc");
  const env = { ...process.env, RELOAD_SECONDS: "60", ...options.env, MAIL_CONFIG: config };
  const [spool, data] = [join(folder, "spool"), join(folder, "data")];
  for (const each of [config, spool, data]) await mkdir(each, { recursive: true });
  await run("chown", ["postfix", data]);
  await copyFile(join(EXAMPLE, "master.cf"), join(config, "master.cf"));
  await writeFile(join(config, "main.cf"), main);
  await chmod(folder, 0o755);

  const postconf = (...args: readonly string[]) => run(program("postconf"), args, { env });
  const edit = async (found: Readonly<Record<string, string>>): Promise<void> => {
    await postconf("-e", ...Object.entries(found).map(([key, value]) => `${key} = ${value}`));
    // Postfix waits until a file has not changed for a second or two.
    await utimes(join(config, "main.cf"), 0, 0);
  };
  const place = {
    ...(main.includes("sync_folder") ? { sync_folder: mount } : {}),
    queue_directory: spool,
    data_directory: data,
  };
  await edit({ ...UNDER_TEST, ...place, ...settings });
  await postconf("-MX", "smtp/inet");
  await postconf("-M", `127.0.0.1:${port}/inet=127.0.0.1:${port} inet n - n - - smtpd`);

  const postfix = async (command: string): Promise<void> => void (await run(program("postfix"), [command], { env }));
  // A file: Postfix opens /dev/stdout, and Node's pipes are sockets, which cannot be opened.
  const output = join(folder, "log");
  const stdout = openSync(output, "a");
  const rights = [
    "--no-new-privs",
    `--bounding-set=-all,${capabilities()
      .map((name) => `+${name}`)
      .join(",")}`,
  ];
  const command = [...rights, "/bin/sh", join(EXAMPLE, "start.sh")];
  const child = spawn(program("setpriv"), command, { env, stdio: ["ignore", stdout, stdout], detached: true });
  closeSync(stdout);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const log = (): string => readFileSync(output, "utf8");
  await timeUntil(log, (text) => text.includes("daemon started"));
  return {
    port,
    log,
    complaints: () =>
      log()
        .split("\n")
        .filter((line) => /warning:|error:|fatal:|panic:/.test(line)),
    set: edit,
    reload: () => postfix("reload"),
    async stop() {
      await postfix("abort").catch(() => {});
      if (await Promise.race([ended.then(() => false), sleep(5000, true, { ref: false })])) {
        process.kill(Number(readFileSync(join(spool, "pid/master.pid"), "utf8")), "SIGKILL");
      }
      if (child.pid !== undefined) endGroup(child.pid);
    },
  };
}

/** What gateway.yaml lets the container do. */
function capabilities(): string[] {
  const yaml = readFileSync(join(EXAMPLE, "gateway.yaml"), "utf8");
  const [, list = ""] = /^ *add: \[(.*)\]$/m.exec(yaml) ?? [];
  return list.toLowerCase().split(", ");
}

/** start.sh's watcher outlives Postfix for as long as it sleeps. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGTERM");
  } catch {
    // It has noticed.
  }
}
