/** What the tenant has of a domain and the list has not, and why: `<sync>-left-out`. */
import { leftOutName } from "../../src/api/names.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { LEFT_OUT_KEY, parseLeftOut } from "../../src/publication/left-out-file.ts";
import type { LeftOutEntry } from "../../src/recipients/left-out.ts";
import { lowerCase } from "../../src/recipients/smtp-address.ts";
import { getConfigMap, type Session } from "../session.ts";

export interface LeftOutFile {
  readonly entries: readonly LeftOutEntry[];
  /** How many more there are, for which it had no room. */
  readonly more: number;
  /** It stands there, and is not as the operator wrote it. */
  readonly damaged: boolean;
}

/** Where there is none, nothing was left out: the operator makes one with the first address that is. */
export async function readLeftOut(session: Session, { metadata }: O365Sync): Promise<LeftOutFile> {
  const found = await getConfigMap(session, metadata.namespace ?? "", leftOutName(metadata.name));
  if (found === undefined) return { entries: [], more: 0, damaged: false };
  const file = parseLeftOut(found.data?.[LEFT_OUT_KEY] ?? "");
  return file === undefined ? { entries: [], more: 0, damaged: true } : { ...file, damaged: false };
}

/** As people compare them: the directory's own way to write an address stands in the file. */
export function entriesOf({ entries }: LeftOutFile, addresses: readonly string[]): LeftOutEntry[] {
  const wanted = new Set(addresses.map(folded));
  return entries.filter(({ address }) => address !== undefined && wanted.has(folded(address)));
}

const folded = (address: string): string => lowerCase(address.trim());
