/** `<sync>-left-out`: what the tenant has of these domains and the list has not, beside what is published. */
import * as v from "valibot";
import { leftOutName } from "../api/names.ts";
import type { O365Sync } from "../api/types.generated.ts";
import { parseBounded } from "../base/bounded-json.ts";
import { LEFT_OUT_REASONS, type LeftOut, type LeftOutEntry, lineOf, MOST_BYTES } from "../recipients/left-out.ts";
import type { ConfigMaps } from "./configmaps.ts";
import { count, word } from "./shapes.ts";

export const LEFT_OUT_KEY = "left-out.jsonl";

/** JSON lines, one an address; the last one counts those for which there is no room. */
export function renderLeftOut({ entries, more }: LeftOut): string {
  return `${entries.map(lineOf).join("")}${more === 0 ? "" : `${JSON.stringify({ more })}\n`}`;
}

const LINE_LIMITS = { characters: 8 * 1024, values: 16, depth: 2 };
const entry = v.strictObject({
  address: v.exactOptional(word(320)),
  object: v.exactOptional(word(512)),
  reason: v.picklist(LEFT_OUT_REASONS),
  pattern: v.exactOptional(word(320)),
  keptBy: v.exactOptional(word(512)),
});
const rest = v.strictObject({ more: count });

/** Undefined for what this operator has not written so: whoever can write ConfigMaps can write anything. */
export function parseLeftOut(text: string): LeftOut | undefined {
  if (text.length > MOST_BYTES) return undefined;
  const lines = text.split("\n");
  if (lines.pop() !== "") return undefined;
  const entries: LeftOutEntry[] = [];
  for (const [index, line] of lines.entries()) {
    const json = parseBounded(line, LINE_LIMITS);
    const last = index === lines.length - 1 ? v.safeParse(rest, json) : undefined;
    if (last?.success) return { entries, more: last.output.more };
    const parsed = v.safeParse(entry, json);
    if (!parsed.success) return undefined;
    entries.push(parsed.output);
  }
  return { entries, more: 0 };
}

/** Nothing where there is none; undefined where it is not as this operator wrote it. */
export async function loadLeftOut(
  maps: ConfigMaps,
  object: O365Sync,
  signal: AbortSignal,
): Promise<LeftOut | undefined> {
  const found = await maps.read(object, leftOutName(object.metadata.name), "left-out", signal);
  return found === undefined ? { entries: [], more: 0 } : parseLeftOut(found.object.data?.[LEFT_OUT_KEY] ?? "");
}

/** Written only when it changes; where there is nothing to tell and never was, there is no ConfigMap. */
export async function saveLeftOut(
  maps: ConfigMaps,
  object: O365Sync,
  leftOut: LeftOut,
  signal: AbortSignal,
): Promise<void> {
  const name = leftOutName(object.metadata.name);
  const text = renderLeftOut(leftOut);
  const seen = await maps.look(object, name, "left-out", signal);
  if (text === "" && seen === undefined) return;
  await maps.put(object, { name, role: "left-out", data: { [LEFT_OUT_KEY]: text } }, seen, signal);
}
