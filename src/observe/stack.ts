/** Stacks of the bundle in terms of the source, when one is logged: read at the start, the map would cost memory for ever. */
import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";

const MOST_MAP_BYTES = 16 * 1024 * 1024;

/** Puts file and line of the source where a stack names a place of `bundle`, whose map stands beside it; without one, nothing changes. */
export function createStackReader(bundle: string, read = readFileSync): (stack: string) => string {
  return (stack) => {
    if (bundle === "" || !stack.includes(bundle)) return stack;
    const map = readMap(`${bundle}.map`, read);
    if (map === undefined) return stack;
    return stack
      .split("\n")
      .map((line) => readFrame(line, bundle, map))
      .join("\n");
  };
}

function readFrame(line: string, bundle: string, map: SourceMap): string {
  const start = line.indexOf(`${bundle}:`);
  const [place, row, column] = /^:(\d{1,9}):(\d{1,9})/.exec(line.slice(start + bundle.length)) ?? [];
  if (start < 0 || place === undefined) return line;
  const found = map.findEntry(Number(row) - 1, Number(column) - 1);
  // What is not ours has an entry without a source, or none: then the one of an earlier line is found.
  if (!("originalSource" in found) || !found.originalSource || found.generatedLine !== Number(row) - 1) return line;
  const end = start + bundle.length + place.length;
  return `${line.slice(0, start)}${found.originalSource}:${found.originalLine + 1}${line.slice(end)}`;
}

function readMap(path: string, read: typeof readFileSync): SourceMap | undefined {
  try {
    const text = read(path, "utf8");
    return text.length > MOST_MAP_BYTES ? undefined : new SourceMap(JSON.parse(text) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
