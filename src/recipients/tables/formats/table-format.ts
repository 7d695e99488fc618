/** What a format of tables is: the key of its ConfigMaps, the line of an address, how a table is written and read, and its size. */
import type { Steps } from "../../../base/steps.ts";

/** An address, and the address of its account. */
export type Entry = readonly [address: string, owner: string];

/** What a table holds, or what is wrong with its form. */
export type ParsedTable = { readonly broken: string } | { readonly lines: readonly string[] };

/** Counts what a table will be long, without making it. */
export interface TableSize {
  /** Answers whether the format can carry the address. */
  add(address: string, owner: string): boolean;
  /** As it stands in the ConfigMap. `filler`: the address that it has when it has no other. */
  bytes(filler: string): number;
}

export interface TableFormat {
  /** Of the ConfigMap. */
  readonly key: string;
  /** Where the key stands: values of binaryData are base64. */
  readonly field: "data" | "binaryData";
  /** The line of an address: "" where the table needs none for it, undefined where the format cannot carry it. */
  line(address: string, owner: string): string | undefined;
  /** How many words a line has. */
  readonly words: 1 | 2;
  /** Whether a line that begins with # would be passed over. */
  readonly hasComments: boolean;
  /** Byte-stable; the entries are sorted. */
  render(entries: readonly Entry[], filler: string): Steps<string>;
  createSize(): TableSize;
  parse(value: string): ParsedTable;
  /** The lines of what anybody may have written, as far as they can be read. */
  lenientLines(value: string): readonly string[];
  /** What a line makes a gateway accept. */
  addressesOf(line: string): readonly string[];
}
