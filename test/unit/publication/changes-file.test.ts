/** What the last publications changed: all of it while there is room, the oldest dropped first, a cut always told. */
import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allSteps } from "../../../src/base/steps.ts";
import { UnzipError } from "../../../src/base/unzip.ts";
import {
  type ChangedAddress,
  type ChangesMap,
  type ChangesWrite,
  changesOf,
  INDEX_KEY,
  MOST_MAPS,
  packRun,
  parseChanges,
  withRun,
} from "../../../src/publication/changes-file.ts";
import { planOf } from "../../../src/recipients/diff.ts";
import type { Change } from "../../../src/recipients/model.ts";

const TIME = "2026-11-29T06:00:00.000Z";

/** Nothing that gzip could shorten much. */
const local = (seed: string, length = 24): string =>
  createHash("sha512").update(seed).digest("base64url").slice(0, length).toLowerCase();

const change = (kind: Change["kind"], address: string): Change => ({ kind, address });
const pack = (run: string, changes: readonly Change[]) => allSteps(packRun(allSteps(planOf(changes)), run, TIME));

/** As the ConfigMaps would stand after each of these runs. */
function publish(maps: Map<number, ChangesMap>, run: string, changes: readonly Change[]): ChangesWrite {
  const write = withRun(maps, pack(run, changes));
  const parsed = parseChanges(write);
  if (parsed === undefined) throw new Error("what was written cannot be read");
  maps.set(write.index, parsed);
  return write;
}

async function read(map: ChangesMap, run: string): Promise<ChangedAddress[]> {
  const entry = map.runs.find((each) => each.run === run);
  if (entry === undefined) return [];
  const found: ChangedAddress[] = [];
  for await (const each of changesOf(map, entry)) found.push(each);
  return found;
}

describe("What a publication changed", () => {
  it("is read as it was written, removals first", async () => {
    const maps = new Map<number, ChangesMap>();
    const alias: Change = {
      kind: "aliasAdd",
      address: "nora@example.com",
      account: { id: "1", address: "nora.novak@example.com", type: "mailbox" },
    };
    publish(maps, "manual-1", [change("accountAdd", "b@example.com"), alias, change("accountDelete", "a@example.com")]);
    const [map] = maps.values();
    expect(map?.runs).toMatchObject([{ run: "manual-1", time: TIME, added: 2, removed: 1, cut: 0 }]);
    expect(await read(map as ChangesMap, "manual-1")).toEqual([
      { op: "accountDelete", address: "a@example.com" },
      { op: "accountAdd", address: "b@example.com" },
      { op: "aliasAdd", address: "nora@example.com", of: "nora.novak@example.com" },
    ]);
  });

  it("takes the place of what the same run wrote before", async () => {
    const maps = new Map<number, ChangesMap>();
    publish(maps, "slot-1", [change("accountAdd", "a@example.com")]);
    publish(maps, "slot-1", [change("accountAdd", "b@example.com")]);
    const [map] = maps.values();
    expect(map?.runs).toHaveLength(1);
    expect(await read(map as ChangesMap, "slot-1")).toEqual([{ op: "accountAdd", address: "b@example.com" }]);
  });

  it("is cut where it has no room, and says by how much", async () => {
    const many = Array.from({ length: 60_000 }, (_, index) => change("accountAdd", `${local(`${index}`)}@example.com`));
    const maps = new Map<number, ChangesMap>();
    publish(maps, "initial", many);
    const [map] = maps.values();
    const { added, cut } = map?.runs[0] ?? { added: 0, cut: 0 };
    expect(added).toBe(60_000);
    expect((await read(map as ChangesMap, "initial")).length).toBe(60_000 - cut);
    for (const value of Object.values(map?.binaryData ?? {})) expect(value.length).toBeLessThan(900 * 1024);
  });

  it("fills four ConfigMaps and then takes the place of the oldest", () => {
    const maps = new Map<number, ChangesMap>();
    const written = new Set<number>();
    const RUNS = 24;
    for (let run = 0; run < RUNS; run++) {
      const some = Array.from({ length: 4_000 }, (_, index) =>
        change("accountAdd", `${local(`${run} ${index}`, 60)}@example.com`),
      );
      const write = publish(maps, `slot-${run}`, some);
      written.add(write.index);
      const size = Object.entries({ ...write.data, ...write.binaryData }).reduce(
        (sum, [key, value]) => sum + key.length + value.length,
        0,
      );
      expect(size).toBeLessThan(900 * 1024);
    }
    expect([...written].sort((a, b) => a - b)).toEqual([0, 1, 2, 3].slice(0, MOST_MAPS));
    const kept = [...maps.values()].flatMap(({ runs }) => runs.map(({ run }) => Number(run.slice(5))));
    // The newest are there without a gap.
    const newest = kept.toSorted((a, b) => b - a);
    expect(newest[0]).toBe(RUNS - 1);
    expect(newest.at(-1)).toBe(RUNS - newest.length);
    // Some had to make room.
    expect(newest.length).toBeLessThan(RUNS);
  });
});

describe("A ConfigMap that somebody edited", () => {
  const sound = (): ChangesWrite => withRun(new Map(), pack("manual-1", [change("accountAdd", "a@example.com")]));

  it.each([
    ["is no JSON", "{"],
    ["is null", "null"],
    ["is of another version", JSON.stringify({ schemaVersion: 2, sequence: 1, runs: [] })],
    ["has a negative sequence", JSON.stringify({ schemaVersion: 1, sequence: -1, runs: [] })],
    [
      "names a key that is not there",
      JSON.stringify({
        schemaVersion: 1,
        sequence: 1,
        runs: [{ run: "x", time: TIME, key: "x", added: 1, removed: 0, cut: 0 }],
      }),
    ],
    [
      "has more runs than there may be",
      JSON.stringify({ schemaVersion: 1, sequence: 1, runs: Array.from({ length: 1000 }, () => ({})) }),
    ],
    ["is nested without end", "[".repeat(100_000)],
  ])("is begun anew where its index %s", (_, text) => {
    expect(parseChanges({ data: { [INDEX_KEY]: text } })).toBeUndefined();
  });

  it("never gives anything but addresses or UnzipError, whatever the bytes are", async () => {
    const write = sound();
    const map = parseChanges(write) as ChangesMap;
    const [run] = map.runs;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        const forged = { ...map, binaryData: { [run?.key ?? ""]: Buffer.from(bytes).toString("base64") } };
        const found = await read(forged, "manual-1").catch((error: unknown) => error);
        const sound = Array.isArray(found) ? found.every(({ address }) => address.length < 255) : undefined;
        expect(sound ?? found instanceof UnzipError).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
