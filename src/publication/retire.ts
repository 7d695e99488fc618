/** What becomes of layouts that `output` no longer asks for: kept for their day, current while they fit. */
import { tableName } from "../api/names.ts";
import type { O365Sync } from "../api/types.generated.ts";
import type { Steps } from "../base/steps.ts";
import { FORMAT_NAMES, FORMATS, type Format, type OutputOptions } from "../recipients/tables/formats/formats.ts";
import { capacityOf, measureShards, SHARDS, type Tables } from "../recipients/tables/render.ts";
import { type ConfigMaps, contentHash } from "./configmaps.ts";
import { tablesAmong } from "./inspect.ts";
import type { Layout, Retiring, TableShard } from "./manifest.ts";

interface Keeping {
  readonly tables: Tables;
  readonly output: OutputOptions;
  /** As they stand now. */
  readonly standing: readonly Layout[];
}

/**
 * What of a layout that retires is kept: current while it fits, else as it was. Formats that share their ConfigMaps with
 * the new ones have no other place: those are kept that fit beside them, and what does not is given up, which is told.
 */
export function* keptOf(old: Retiring, { tables, output, standing }: Keeping): Steps<Retiring[]> {
  const { shards, until } = old;
  const now = standing.find((layout) => layout.shards === shards);
  const stood = (format: Format): boolean => now?.formats.includes(format) === true;
  const beside = shards === output.shards ? output.formats : [];
  const kept: Format[] = [];
  // What gateways mount already goes before what was given up earlier.
  for (const format of [...old.formats].sort((a, b) => Number(stood(b)) - Number(stood(a)))) {
    const sizes = yield* measureShards(tables, { shards, formats: [...beside, ...kept, format] });
    if (capacityOf(sizes).ok) kept.push(format);
  }
  const left = old.formats.filter((format) => !kept.includes(format));
  const given = (formats: readonly Format[]): Retiring[] =>
    formats.length === 0 ? [] : [{ shards, formats, until, gone: true }];
  if (shards !== output.shards && now !== undefined && left.some(stood))
    return [{ shards, formats: now.formats, until, stale: true }, ...given(left.filter((format) => !stood(format)))];
  return [...(kept.length === 0 ? [] : [{ shards, formats: kept.sort(), until }]), ...given(left)];
}

/**
 * The layouts that stand, by what is found under our names: where no manifest tells what gateways may mount. Of one that
 * is not whole the rest counts as empty.
 */
export async function findLayouts(maps: ConfigMaps, object: O365Sync, signal: AbortSignal): Promise<Layout[]> {
  const sync = object.metadata.name;
  const known = new Set(tablesAmong(object, maps.known(object)).map(({ name }) => name));
  const layouts: Layout[] = [];
  for (const shards of SHARDS) {
    const formats = new Set<Format>();
    const tables: TableShard[] = [];
    for (let index = 0; index < shards; index++) {
      const name = tableName(sync, shards, index);
      const found = known.has(name) ? await maps.read(object, name, "recipients", signal) : undefined;
      for (const format of FORMAT_NAMES)
        if (found?.object[FORMATS[format].field]?.[FORMATS[format].key] !== undefined) formats.add(format);
      tables.push({ name, sha256: found?.sha256 ?? contentHash({}), addresses: 0, bytes: 0 });
    }
    if (formats.size > 0) layouts.push({ shards, formats: [...formats].sort(), tables });
  }
  return layouts;
}
