/** A constant database, `address` → `OK`: Postfix' cdb maps, and Exim's cdb lookup. */
import { cdbBytes, cdbEntries, writeCdb } from "../constant-database.ts";
import type { ParsedTable, TableFormat } from "./table-format.ts";

/** Base64: three bytes are four characters. */
const base64Length = (bytes: number): number => Math.ceil(bytes / 3) * 4;
const VALUE = "OK";

export const cdb: TableFormat = {
  key: "relay_recipients.cdb",
  field: "binaryData",
  line: (address) => `${address} ${VALUE}`,
  words: 2,
  hasComments: false,
  *render(entries, filler) {
    const keys = entries.length === 0 ? [filler] : entries.map(([address]) => address);
    const database = yield* writeCdb(keys.map((key) => [key, VALUE] as const));
    return database.toString("base64");
  },
  createSize() {
    let [count, characters] = [0, 0];
    return {
      add(address) {
        count++;
        characters += address.length + VALUE.length;
        return true;
      },
      bytes: (filler) =>
        base64Length(count === 0 ? cdbBytes(1, filler.length + VALUE.length) : cdbBytes(count, characters)),
    };
  },
  parse,
  lenientLines(base64) {
    const parsed = parse(base64);
    return "lines" in parsed ? parsed.lines : [];
  },
  addressesOf: (line) => line.split(" ").slice(0, 1),
};

function parse(base64: string): ParsedTable {
  try {
    const entries = cdbEntries(Buffer.from(base64, "base64"));
    return entries.length === 0 ? { broken: "is empty" } : { lines: entries.map((entry) => entry.join(" ")) };
  } catch {
    return { broken: "is no constant database" };
  }
}
