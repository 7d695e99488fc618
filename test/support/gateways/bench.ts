/** A temporary folder and free ports for gateways, and what has to be stopped in the end. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Bench {
  /** Can be read by every user: gateways give up root's rights. */
  readonly folder: string;
  /** Stopped before the folder goes, last first. */
  use<T extends { stop(): Promise<void> }>(part: T): T;
  close(): Promise<void>;
}

export async function createBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-gateways-"));
  await chmod(folder, 0o755);
  const parts: { stop(): Promise<void> }[] = [];
  return {
    folder,
    use(part) {
      parts.push(part);
      return part;
    },
    async close() {
      for (const part of parts.toReversed()) await part.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Waits until `read` answers something that `is` accepts; answers how long that took, in milliseconds. */
export async function timeUntil<T>(
  read: () => Promise<T> | T,
  is: (value: T) => boolean,
  patienceMs = 20_000,
): Promise<number> {
  const start = performance.now();
  for (;;) {
    const value = await read();
    const elapsed = performance.now() - start;
    if (is(value)) return elapsed;
    if (elapsed > patienceMs) throw new Error(`waited in vain; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
