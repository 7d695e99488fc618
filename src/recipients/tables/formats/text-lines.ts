/** What the formats have in common that are text: lines, each with an end. */
import { isPauseDue } from "../../../base/steps.ts";
import type { TableFormat } from "./table-format.ts";

export function textFormat({
  key,
  line,
  words,
  addressesOf = (text) => text.split(" ").slice(0, 1),
}: Pick<TableFormat, "key" | "line" | "words"> & Partial<Pick<TableFormat, "addressesOf">>): TableFormat {
  const fillerLine = (filler: string): string => line(filler, OWNER_OF_FILLER) ?? "";
  return {
    key,
    field: "data",
    line,
    words,
    hasComments: true,
    *render(entries, filler) {
      const lines: string[] = [];
      for (const entry of entries) {
        const text = line(...entry);
        if (text !== undefined && text !== "") lines.push(text);
        if (isPauseDue()) yield;
      }
      if (lines.length === 0) lines.push(fillerLine(filler));
      return `${lines.join("\n")}\n`;
    },
    createSize() {
      let sum = 0;
      return {
        add(address, owner) {
          const text = line(address, owner);
          if (text !== undefined && text !== "") sum += text.length + 1;
          return text !== undefined;
        },
        bytes: (filler) => (sum === 0 ? fillerLine(filler).length + 1 : sum),
      };
    },
    parse(text) {
      if (!text.endsWith("\n")) return { broken: text === "" ? "is empty" : "does not end with a newline" };
      return { lines: text.slice(0, -1).split("\n") };
    },
    lenientLines: (text) => text.split("\n"),
    addressesOf,
  };
}

/** Of a table of aliases: an address that is nobody's. */
export const OWNER_OF_FILLER = "nobody@invalid";
