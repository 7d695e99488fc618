/** Asks a gateway for recipients at a steady rate while its lists are replaced, and counts what it should not have said. */
import type { Account } from "../../../src/recipients/model.ts";
import type { Format } from "../../../src/recipients/tables/formats/formats.ts";
import { checkTables, render } from "../../unit/recipients/support/whole.ts";
import { createRandom } from "../random.ts";
import type { Mount, Mountable } from "./mount.ts";
import { askRecipient, askRecipients, openSession } from "./smtp.ts";

const RATE = 200;
/** Asked over one connection. */
const A_CONNECTION = 20;
const SWAPS = 50;
const SWAP_EVERY_MS = 200;
/** Every so many swaps an address is added whose coming and going is timed. */
const TIMED_EVERY = 5;
/** A timed address stays for so many swaps. */
const STAYS = 20;
const NAMES = { domain: "example.com", aliasDomains: [] };

export interface LoadOptions {
  readonly port: number;
  readonly mount: Mount;
  readonly format: Format;
  /** Layouts that are published side by side, by number of shards. */
  readonly layouts: readonly number[];
  /** Called half-way, for instance to change the gateway's configuration. */
  readonly halfway?: () => Promise<void>;
}

export interface Measured {
  readonly asked: number;
  /** Recipients asked a second. */
  readonly rate: number;
  /** What was answered to addresses that stand in every list, other than 250; and what went wrong otherwise. */
  readonly wronged: string[];
  /** What was answered to addresses that stand in no list, other than 550. */
  readonly let: string[];
  /** Milliseconds from the swap until a new connection sees it. */
  readonly added: number[];
  readonly removed: number[];
}

/** Stable recipients, in every list. */
const STABLE = Array.from({ length: 500 }, (_, index) => `person.${index}@example.com`);

const mailbox = (address: string): Account => ({ id: address, address, type: "mailbox", aliases: [] });
const timed = (index: number): string => `timed.${index}@example.com`;

/** The list after swap `index`: the stable ones, one that every swap changes, and the timed ones that are there now. */
function listAt(index: number): Account[] {
  const there = Array.from({ length: SWAPS }, (_, start) => start).filter(
    (start) => start % TIMED_EVERY === 0 && start <= index && index < start + STAYS,
  );
  return [...STABLE, `churn.${index}@example.com`, ...there.map(timed)].map(mailbox);
}

/** One ConfigMap of a layout. */
interface Table {
  readonly name: string;
  readonly content: Mountable;
  readonly folder: string;
}

function renderList(format: Format, layouts: readonly number[], index: number): Table[] {
  return layouts.flatMap((shards) => {
    const rendered = render(listAt(index), NAMES, { formats: [format], shards });
    checkTables(rendered);
    return rendered.tables.map((content) => ({
      name: `${shards}-${content.index}`,
      content,
      folder: shards === 1 ? "" : String(content.index),
    }));
  });
}

/** Takes over one ConfigMap after the other. */
function mountTables(mount: Mount, tables: readonly Table[]): void {
  for (const { name, content, folder } of tables) mount.update(name, content, folder);
}

/** The list before the first swap. */
export function mountFirstList({ mount, format, layouts }: Pick<LoadOptions, "mount" | "format" | "layouts">): void {
  mountTables(mount, renderList(format, layouts, -1));
}

export async function replaceUnderLoad(options: LoadOptions): Promise<Measured> {
  const measured = {
    asked: 0,
    wronged: [] as string[],
    let: [] as string[],
    added: [] as number[],
    removed: [] as number[],
  };
  const lists = Array.from({ length: SWAPS }, (_, index) => renderList(options.format, options.layouts, index));
  const start = performance.now();
  const timings: Promise<void>[] = [];
  const swapping = everyMs(SWAP_EVERY_MS, SWAPS, async (index) => {
    mountTables(options.mount, lists[index] ?? []);
    if (index % TIMED_EVERY === 0) {
      timings.push(timeChange(options.port, timed(index), 250, measured.added));
      if (index >= STAYS) timings.push(timeChange(options.port, timed(index - STAYS), 550, measured.removed));
    }
    if (index === SWAPS / 2) await options.halfway?.();
  });
  const asking = askSteadily(options.port, (SWAPS * SWAP_EVERY_MS * RATE) / 1000, measured);
  const staying = stayConnected(options.port, swapping, measured);
  await Promise.all([swapping, asking, staying]);
  const rate = (measured.asked / (performance.now() - start)) * 1000;
  await Promise.all(timings);
  return { ...measured, rate };
}

/** Calls `act` with 0 … count - 1, each at its time or, when that has passed, at once. */
async function everyMs(ms: number, count: number, act: (index: number) => Promise<void> | void): Promise<void> {
  const start = performance.now();
  for (let index = 0; index < count; index++) {
    await sleep(start + index * ms - performance.now());
    await act(index);
  }
}

const sleep = (ms: number): Promise<void> =>
  ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));

/** Opens a connection for every few recipients, without waiting for the ones before. */
async function askSteadily(
  port: number,
  count: number,
  measured: Pick<Measured, "wronged" | "let"> & { asked: number },
) {
  const random = createRandom(count);
  const open: Promise<void>[] = [];
  await everyMs((1000 * A_CONNECTION) / RATE, count / A_CONNECTION, () => {
    const addresses = Array.from({ length: A_CONNECTION }, (_, index) => {
      const number = Math.floor(random() * STABLE.length);
      return index % 5 === 4 ? `persom.${number}@example.com` : `person.${number}@example.com`;
    });
    const asked = askRecipients(port, [...new Set(addresses)]).then((answers) => {
      for (const [address, { code, text }] of answers) {
        measured.asked++;
        if (address.startsWith("person.") && code !== 250) measured.wronged.push(text);
        if (address.startsWith("persom.") && code !== 550) measured.let.push(text);
      }
    });
    open.push(asked.catch((error: unknown) => void measured.wronged.push(String(error))));
  });
  await Promise.all(open);
}

/** A client that stays connected all the while is answered from the list that it began with. */
async function stayConnected(port: number, until: Promise<void>, measured: Pick<Measured, "wronged">): Promise<void> {
  const over = until.then(() => "over");
  const session = await openSession(port);
  do {
    const [, answer] = await session.ask("MAIL FROM:<>", `RCPT TO:<${STABLE[0]}>`, "RSET");
    if (answer?.code !== 250) measured.wronged.push(`stayed connected: ${answer?.text}`);
  } while ((await Promise.race([over, sleep(100)])) !== "over");
  await session.close();
}

/** How long until a new connection gets `wanted` for the address; 10 s when that never happens. */
async function timeChange(port: number, address: string, wanted: number, into: number[]): Promise<void> {
  const start = performance.now();
  for (;;) {
    const code = await askRecipient(port, address).catch(() => 0);
    const elapsed = performance.now() - start;
    if (code === wanted || elapsed > 10_000) return void into.push(elapsed);
    await sleep(100);
  }
}
