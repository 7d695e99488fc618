/** What is told fits a terminal of 100 columns. */
import { stripVTControlCharacters } from "node:util";

/** With what leads to it, such as `to let it through: `. */
const COMMAND = /^\s*([\w ]+: )?kubectl /;

/** Between words, `most` columns wide; a command is never folded, it is there to be copied. */
export const folded = (line: string, most: number): string[] =>
  COMMAND.test(line) ? [line] : atBlanks(line, most).flatMap((each) => cut(each, most));

/** A command without blanks in its quotes, over several lines as a shell takes them. */
export const continued = (command: string, most: number): string => atBlanks(command, most - 2).join(" \\\n");

function atBlanks(line: string, most: number): string[] {
  if (columns(line) <= most) return [line];
  const [first = "", ...words] = line.split(/(?<=\S)(?= )/);
  const lines = [first];
  for (const word of words) {
    const longer = `${lines.at(-1)}${word}`;
    if (columns(longer) <= most) lines[lines.length - 1] = longer;
    else lines.push(`  ${word.trimStart()}`);
  }
  return lines;
}

/** A word that is wider than the terminal has no blank to be folded at. */
function cut(line: string, most: number): string[] {
  if (columns(line) <= most) return [line];
  const plain = stripVTControlCharacters(line);
  return Array.from({ length: Math.ceil(plain.length / most) }, (_, at) => plain.slice(at * most, (at + 1) * most));
}

const columns = (line: string): number => stripVTControlCharacters(line).length;
