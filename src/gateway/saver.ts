/** Brings what is in force to disk, one state after the other: which lists they are, and the files made of them. */
import { hash } from "node:crypto";
import type { Clock } from "../base/deps.ts";
import type { Logger } from "../runtime/types.ts";
import type { Catalog } from "./catalog.ts";
import type { Disk } from "./disk.ts";
import type { Generations } from "./generations.ts";
import type { Keeper } from "./keeper.ts";

export interface SaverOptions {
  readonly keeper: Keeper;
  readonly disk: Disk;
  readonly generations: Generations;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long it took to write the tables. */
  readonly onSwapped: (seconds: number) => void;
  /** They could not be written. */
  readonly onFailed: () => void;
  /** Other tables stand now. */
  readonly onChange: () => void;
}

export interface Saver {
  /** Something is in force that is not on disk. */
  save(): void;
  /** Runs until the signal aborts. What cannot be written, on a full disk for instance, is tried again. */
  run(signal: AbortSignal): Promise<void>;
}

const RETRY_MS = 5_000;
/** What comes together is written together. */
const SETTLE_MS = 20;

export function createSaver(options: SaverOptions): Saver {
  const { keeper, disk, generations, clock, log } = options;
  let dirty = false;
  let wake = (): void => {};

  async function save(signal: AbortSignal): Promise<void> {
    const { catalog } = keeper;
    await disk.writeState(keeper.state());
    const name = fingerprint(catalog);
    if ((await generations.current()) !== name) {
      const started = clock.monotonic();
      await generations.swap(catalog, name, clock.now(), signal);
      options.onSwapped((clock.monotonic() - started) / 1000);
      log.info({ generation: name, lists: catalog.lists.length }, "Tables swapped");
      options.onChange();
    }
    await disk.sweep(keeper.usedParts);
  }

  return {
    save() {
      dirty = true;
      wake();
    },
    async run(signal) {
      // Once: with one for each wait a program would keep all of them for as long as it runs.
      signal.addEventListener("abort", () => wake(), { once: true });
      const woken = (): Promise<void> =>
        new Promise((resolve) => {
          wake = resolve;
          if (dirty || signal.aborted) resolve();
        });
      while (!signal.aborted) {
        await woken();
        await clock.sleep(SETTLE_MS, signal).catch(() => {});
        if (signal.aborted) return;
        dirty = false;
        // Half of the lists would refuse the mail of the others.
        if (!keeper.isComplete || keeper.catalog.lists.length === 0) continue;
        try {
          await save(signal);
        } catch (err) {
          if (signal.aborted) return;
          options.onFailed();
          log.error({ err }, "The tables could not be written; what stood before stays");
          dirty = true;
          await clock.sleep(RETRY_MS, signal).catch(() => {});
        }
      }
    },
  };
}

/** The same for the same tables. */
function fingerprint({ lists, routing }: Catalog): string {
  const parts = [
    ...lists.map(({ sync, revision }) => `${sync} ${revision}`),
    ...[...routing].map((entry) => entry.join(" ")).sort(),
  ];
  return hash("sha256", parts.join("\n"), "hex").slice(0, 32);
}
