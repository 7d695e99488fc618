/** Lists are replaced under a real Postfix that is asked all the while: nobody who stays is refused or deferred. */
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Format } from "../../../src/recipients/tables/formats/formats.ts";
import { type Bench, createBench, freePort } from "../../support/gateways/bench.ts";
import { type Measured, mountFirstList, replaceUnderLoad } from "../../support/gateways/load.ts";
import { createMount } from "../../support/gateways/mount.ts";
import { startPostfix } from "../../support/gateways/postfix.ts";
import { lacks } from "../../support/gateways/programs.ts";

/** How often start.sh looks whether to reload; it is what bounds the delay of texthash. */
const RELOAD_SECONDS = 2;
const BOUND_MS = 2000;
/** Processes that wait for each core, at which times say nothing about Postfix. */
const BUSY = 3;

const ROUTING = {
  data: { relay_domains: "example.com OK\n", transport: "example.com smtp:[127.0.0.1]:9\n" },
};

describe.skipIf(lacks({ programs: ["postfix", "postconf"], root: true }))(
  "50 new lists at 200 recipients a second",
  () => {
    let bench: Bench;
    let runs = 0;
    beforeAll(async () => {
      bench = await createBench();
    });
    afterAll(() => bench?.close());

    const maps = (type: string, shards: number): string =>
      shards === 1
        ? `${type}:$sync_folder/recipients/relay_recipients`
        : Array.from(
            { length: shards },
            (_, index) => `${type}:$sync_folder/recipients/${index}/relay_recipients`,
          ).join(" ");

    async function run(type: "cdb" | "texthash", from: number, to: number): Promise<Measured> {
      const format: Format = type === "cdb" ? "cdb" : "postfix";
      const folder = join(bench.folder, `${type}-${from}-${to}-${runs++}`);
      // Fifty updates in ten seconds take kubelet at least fifty minutes.
      const mount = createMount(join(folder, "mount/recipients"), { agedMs: type === "texthash" ? 3000 : 0 });
      const layouts = [...new Set([from, to])];
      createMount(join(folder, "mount/routing"), { agedMs: 3000 }).update("routing", ROUTING);
      mountFirstList({ mount, format, layouts });
      const postfix = bench.use(
        await startPostfix({
          folder,
          port: await freePort(),
          mount: join(folder, "mount"),
          settings: { relay_recipient_maps: maps(type, from) },
          ...(type === "texthash"
            ? { env: { RELOAD_SECONDS: String(RELOAD_SECONDS), RELOAD_FOLDERS: "routing recipients" } }
            : {}),
        }),
      );
      const move = async (): Promise<void> => {
        await postfix.set({ relay_recipient_maps: maps(type, to) });
        // start.sh does it for texthash.
        if (type === "cdb") await postfix.reload();
      };
      const measured = await replaceUnderLoad({
        port: postfix.port,
        mount,
        format,
        layouts,
        ...(from === to ? {} : { halfway: move }),
      });
      const worst = (times: readonly number[]): string => `${Math.round(Math.max(...times))} ms`;
      console.log(
        `${type}, ${from === to ? from : `${from} to ${to}`} shards: ${measured.asked} recipients, ${Math.round(measured.rate)}/s, ` +
          `added after at most ${worst(measured.added)}, removed after at most ${worst(measured.removed)}`,
      );
      await postfix.stop();
      // A reload ends trivial-rewrite in the middle of its work; it is asked again.
      expect(postfix.complaints().filter((line) => !line.includes("problem talking to service rewrite"))).toEqual([]);
      return measured;
    }

    const BOUNDS = { cdb: BOUND_MS, texthash: RELOAD_SECONDS * 1000 + BOUND_MS };

    /** Nobody may be wronged, ever. How fast it goes is tried twice: other programs of this machine slow it down. */
    async function check(type: "cdb" | "texthash", from: number, to: number): Promise<void> {
      for (let attempt = 1; ; attempt++) {
        const { asked, rate, added, removed, wronged, let: accepted } = await run(type, from, to);
        expect({ wronged, accepted }).toEqual({ wronged: [], accepted: [] });
        expect(asked).toBeGreaterThan(1900);
        expect([added.length, removed.length]).toEqual([10, 6]);
        const slowest = Math.max(...added, ...removed);
        if (attempt === 1 && (rate < 190 || slowest > BOUNDS[type])) continue;
        if ((loadavg()[0] ?? 0) > BUSY * availableParallelism())
          return console.log("this machine is too busy to time anything");
        expect(rate).toBeGreaterThan(150);
        expect(slowest).toBeLessThan(BOUNDS[type]);
        return;
      }
    }

    it.each([
      [1, 1],
      [4, 4],
      [1, 4],
    ])("from %i to %i shards, with cdb and with texthash", { timeout: 90_000 }, async (from, to) => {
      await Promise.all([check("cdb", from, to), check("texthash", from, to)]);
    });
  },
);
