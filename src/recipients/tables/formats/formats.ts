/** The list of formats. A new one is a file here, a line in FORMATS, and a word in the enum of `spec.output.formats`. */
import { addresses } from "./addresses.ts";
import { aliases } from "./aliases.ts";
import { cdb } from "./cdb.ts";
import { postfix } from "./postfix.ts";
import type { TableFormat } from "./table-format.ts";

const LIST = { postfix, cdb, addresses, aliases };

export type Format = keyof typeof LIST;

export const FORMATS: Readonly<Record<Format, TableFormat>> = LIST;

export const FORMAT_NAMES = Object.keys(LIST) as readonly Format[];

export interface OutputOptions {
  readonly formats: readonly Format[];
  /** 1, 2, 4 … 128. */
  readonly shards: number;
}

/** The line of an address as a table has it; undefined where the table has none. */
export const lineOf = (format: Format, address: string, owner: string): string | undefined =>
  FORMATS[format].line(address, owner) || undefined;

/** Whether a format has room for an address of an account. */
export const isCarriedBy = (format: Format, address: string, owner: string): boolean =>
  FORMATS[format].line(address, owner) !== undefined;
