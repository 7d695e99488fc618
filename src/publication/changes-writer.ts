/** Keeps `<sync>-changes-<i>`, beside what is published: it never decides what becomes of a run. */
import { changesName } from "../api/names.ts";
import type { O365Sync } from "../api/types.generated.ts";
import { inSlices } from "../base/slices.ts";
import type { Plan } from "../recipients/model.ts";
import { type ChangesMap, MOST_MAPS, packRun, parseChanges, withRun } from "./changes.ts";
import type { ConfigMaps } from "./configmaps.ts";

export interface ChangesWriter {
  /** Adds what a publication changed; answers the ConfigMap and key that hold it. Nothing is written for an empty plan. */
  put(
    object: O365Sync,
    published: { readonly run: string; readonly time: string; readonly plan: Plan },
    signal: AbortSignal,
  ): Promise<{ readonly configMap: string; readonly key: string; readonly cut: number } | undefined>;
}

export function createChangesWriter(maps: ConfigMaps): ChangesWriter {
  return {
    async put(object, { run, time, plan }, signal) {
      if (plan.changes.length === 0) return undefined;
      const packed = await inSlices(packRun(plan, run, time), signal);
      const standing = new Map<number, ChangesMap>();
      const known = new Set(maps.known(object).map(({ name }) => name));
      for (let index = 0; index < MOST_MAPS; index++) {
        const name = changesName(object.metadata.name, index);
        const found = known.has(name) ? await maps.read(object, name, "changes", signal) : undefined;
        const parsed = found && parseChanges(found.object);
        if (parsed !== undefined) standing.set(index, parsed);
      }
      const { index, data, binaryData } = withRun(standing, packed);
      const name = changesName(object.metadata.name, index);
      const found = await maps.read(object, name, "changes", signal);
      await maps.put(object, { name, role: "changes", data, binaryData }, found, signal);
      return { configMap: name, key: packed.entry.key, cut: packed.entry.cut };
    },
  };
}
