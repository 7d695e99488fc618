/** What the tenant has of a domain and the list has not, and why: `<sync>-left-out`. */
import * as v from "valibot";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { parseBounded } from "../../src/base/bounded-json.ts";
import { line, word } from "../../src/publication/shapes.ts";
import { getConfigMap, type Session } from "../session.ts";

const ENTRY = v.object({
  address: word(320),
  object: v.optional(word(320)),
  reason: word(64),
  pattern: v.optional(line(320)),
  keptBy: v.optional(word(320)),
});

export type LeftOut = v.InferOutput<typeof ENTRY>;

const LINE_LIMITS = { characters: 4096, values: 16, depth: 2 };

/** Every entry of one address; lines that are none are passed over. */
export async function leftOutOf(session: Session, { metadata }: O365Sync, address: string): Promise<LeftOut[]> {
  const found = await getConfigMap(session, metadata.namespace ?? "", `${metadata.name}-left-out`);
  const lines = (found?.data?.["left-out.jsonl"] ?? "").split("\n");
  return lines
    .filter((text) => text.includes(address))
    .flatMap((text) => {
      const entry = v.safeParse(ENTRY, parseBounded(text, LINE_LIMITS));
      return entry.success && entry.output.address === address ? entry.output : [];
    });
}
