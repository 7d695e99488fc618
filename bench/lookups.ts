/** What the gateway program answers over socketmap: how many at most, and how soon at a steady rate. */
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { createNetstringReader, netstring } from "../src/gateway/netstring.ts";

export interface LookupCase {
  readonly addresses: number;
  /** Requests a second, and for how long. */
  readonly rate: number;
  readonly seconds: number;
}

export interface LookupResult {
  /** As many clients as Postfix may have, each of which asks again as soon as it is answered. */
  readonly mostPerSecond: number;
  /** At the rate of the case: what came back within its time, a little less than was asked. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of a core, for the rate of the case. */
  readonly cpuPercent: number;
}

const CONNECTIONS = 20;
const PATIENCE_MS = 120_000;

export const addressOf = (index: number): string => `first.last-${String(index).padStart(7, "0")}@example.com`;
export const percentile = (sorted: Float64Array, part: number): number =>
  sorted[Math.floor((sorted.length - 1) * part)] ?? 0;

interface AskingClient {
  ask(key: string): void;
  close(): void;
}

async function openClient(port: number, onAnswer: (ms: number) => void): Promise<AskingClient> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  const reader = createNetstringReader();
  const asked: number[] = [];
  socket.on("data", (bytes) => {
    for (const _ of reader.push(bytes) ?? []) onAnswer(performance.now() - (asked.shift() ?? 0));
  });
  return {
    ask(key) {
      asked.push(performance.now());
      socket.write(netstring(`recipients ${key}`));
    },
    close: () => socket.destroy(),
  };
}

/** Every other address is not listed. */
function keyAt(count: number, addresses: number): string {
  const address = addressOf(Math.floor(Math.random() * addresses));
  return count % 2 === 0 ? address : `x${address}`;
}

const answered = (all: () => boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const look = (): void => {
      if (all()) resolve();
      else if (performance.now() - began > PATIENCE_MS) reject(new Error("waited in vain"));
      else setTimeout(look, 1);
    };
    look();
  });

/** Each client waits for its answer, as Postfix does. */
async function askAsFastAsItGoes(port: number, { addresses, seconds }: LookupCase): Promise<number> {
  const [began, until] = [performance.now(), performance.now() + seconds * 1000];
  let [asked, done] = [0, 0];
  const clients: AskingClient[] = [];
  const again = (client: AskingClient | undefined): void => {
    if (performance.now() < until) client?.ask(keyAt(asked++, addresses));
  };
  for (let index = 0; index < CONNECTIONS; index++)
    clients.push(
      await openClient(port, () => {
        done++;
        again(clients[index]);
      }),
    );
  for (const client of clients) again(client);
  await answered(() => performance.now() >= until && done === asked);
  const perSecond = (done / (performance.now() - began)) * 1000;
  for (const client of clients) client.close();
  return perSecond;
}

/** Each request on its own, over several connections. */
async function askSteadily(
  port: number,
  pid: number,
  { addresses, rate, seconds }: LookupCase,
): Promise<Omit<LookupResult, "mostPerSecond">> {
  const times = new Float64Array(rate * seconds);
  let done = 0;
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, () =>
      openClient(port, (ms) => {
        times[done] = ms;
        done++;
      }),
    ),
  );
  const [cpu, began] = [await cpuMs(pid), performance.now()];
  for (let sent = 0; sent < times.length; ) {
    const due = Math.min(times.length, Math.ceil(((performance.now() - began) / 1000) * rate));
    for (; sent < due; sent++) clients[sent % CONNECTIONS]?.ask(keyAt(sent, addresses));
    await pause(1);
  }
  await answered(() => done === times.length);
  const ms = performance.now() - began;
  const cpuPercent = (((await cpuMs(pid)) - cpu) / ms) * 100;
  for (const client of clients) client.close();
  times.sort();
  return { perSecond: (done / ms) * 1000, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99), cpuPercent };
}

async function cpuMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export async function lookUp(port: number, pid: number, size: LookupCase): Promise<LookupResult> {
  return { mostPerSecond: await askAsFastAsItGoes(port, size), ...(await askSteadily(port, pid, size)) };
}
