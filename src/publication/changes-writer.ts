/** Keeps `<sync>-changes-<i>`, beside what is published: it never decides what becomes of a run. */
import { changesName } from "../api/names.ts";
import type { O365Sync } from "../api/types.generated.ts";
import { inSlices } from "../base/slices.ts";
import type { Plan } from "../recipients/model.ts";
import { type ChangesMap, MOST_MAPS, packRun, parseChanges, withRun } from "./changes-file.ts";
import type { ConfigMaps } from "./configmaps.ts";
import type { ListPlace } from "./run-records.ts";

/** Where the full list of a run stands, and which others stand too. */
export interface KeptChanges {
  readonly place: ListPlace | undefined;
  /** Keys of lists. */
  readonly stands: ReadonlySet<string>;
}

export interface ChangesWriter {
  /** Adds what a publication changed. Nothing is written for an empty plan. */
  put(
    object: O365Sync,
    published: { readonly run: string; readonly time: string; readonly plan: Plan },
    signal: AbortSignal,
  ): Promise<KeptChanges | undefined>;
  /** What a run wrote that could not say so. */
  find(object: O365Sync, run: string, signal: AbortSignal): Promise<KeptChanges>;
}

export function createChangesWriter(maps: ConfigMaps): ChangesWriter {
  async function readAll(object: O365Sync, signal: AbortSignal): Promise<Map<number, ChangesMap>> {
    const standing = new Map<number, ChangesMap>();
    const known = new Set(maps.known(object).map(({ name }) => name));
    for (let index = 0; index < MOST_MAPS; index++) {
      const name = changesName(object.metadata.name, index);
      const found = known.has(name) ? await maps.read(object, name, "changes", signal) : undefined;
      const parsed = found && parseChanges(found.object);
      if (parsed !== undefined) standing.set(index, parsed);
    }
    return standing;
  }

  return {
    async put(object, { run, time, plan }, signal) {
      if (plan.changes.length === 0) return undefined;
      const packed = await inSlices(packRun(plan, run, time), signal);
      const standing = await readAll(object, signal);
      const { index, data, binaryData } = withRun(standing, packed);
      const name = changesName(object.metadata.name, index);
      const found = await maps.read(object, name, "changes", signal);
      await maps.put(object, { name, role: "changes", data, binaryData }, found, signal);
      const stands = new Set(Object.keys(binaryData));
      for (const [other, { runs }] of standing) if (other !== index) for (const { key } of runs) stands.add(key);
      return { place: { configMap: name, key: packed.entry.key, cut: packed.entry.cut }, stands };
    },

    async find(object, run, signal) {
      const stands = new Set<string>();
      let place: ListPlace | undefined;
      for (const [index, { runs }] of await readAll(object, signal)) {
        for (const { run: id, key, cut } of runs) {
          stands.add(key);
          if (id === run) place = { configMap: changesName(object.metadata.name, index), key, cut };
        }
      }
      return { place, stands };
    },
  };
}
