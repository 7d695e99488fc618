/** What somebody who means ill writes into a file of ours: mutations of a real one, and bombs. */
import { gzipSync } from "node:zlib";

type Random = () => number;

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

const VALUES: readonly unknown[] = [
  null,
  true,
  "",
  "x",
  -1,
  -1e6,
  0.5,
  1e7,
  1e8,
  1e9,
  1e300,
  Number.MAX_SAFE_INTEGER,
  [],
  {},
  [[]],
  [null],
  "soon",
  "9999-12-31T23:59:59Z",
  "$(reboot)",
  "../../x",
  "a\n b",
  "\u0000",
  "__proto__",
  "x".repeat(10_000),
  Array.from({ length: 1000 }, () => 0),
  { length: 1e9 },
  { toString: 1 },
  { __proto__: 1 },
];

/** The value with something in it replaced, doubled, taken away or renamed. */
export function mutated(value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null || random() < 0.1) return pick(random, VALUES);
  if (Array.isArray(value)) {
    const list = [...(value as unknown[])];
    const at = Math.floor(random() * Math.max(1, list.length));
    const how = random();
    if (how < 0.2) list.splice(at, 1);
    else if (how < 0.4) list.push(...list.slice(0, 50));
    else list[at] = mutated(list[at], random);
    return list;
  }
  const entries = Object.entries(value);
  const key = pick(random, entries)?.[0] ?? "x";
  const how = random();
  if (how < 0.15) return Object.fromEntries(entries.filter(([name]) => name !== key));
  if (how < 0.25) return { ...value, [pick(random, ["__proto__", "constructor", "length", ""])]: pick(random, VALUES) };
  return { ...value, [key]: mutated((value as Record<string, unknown>)[key], random) };
}

/** A text with some of its lines, or values in them, made nasty. */
export function mutatedText(text: string, random: Random): string {
  const how = random();
  if (how < 0.1) return text.slice(0, Math.floor(random() * text.length));
  if (how < 0.2) return pick(random, textBombs());
  const lines = text.split("\n");
  const whole = parsed(text);
  if (whole !== undefined) return written(mutated(whole, random)) ?? pick(random, textBombs());
  const at = Math.floor(random() * lines.length);
  const line = parsed(lines[at] ?? "");
  lines[at] = line === undefined ? pick(random, ["", "{", "null", "\u0000"]) : (written(mutated(line, random)) ?? "{");
  return lines.join("\n");
}

/** Undefined for what is nested so deeply that the engine cannot write it. */
function written(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Within what a ConfigMap can hold. */
const textBombs = (): string[] => [
  `${"[".repeat(400_000)}${"]".repeat(400_000)}`,
  `[${"{},".repeat(250_000)}{}]`,
  "{}\n".repeat(250_000),
  "\n".repeat(800_000),
  `{"schemaVersion":1,"removals":[${"[],".repeat(200_000)}[]]}`,
  "x".repeat(800_000),
];

/** Some hundred KiB, packed, that become 60 MiB and more. */
export const packedBombs = (): Buffer[] => [
  gzipSync(`[${"{},".repeat(20_000_000)}{}]`),
  gzipSync(" ".repeat(100_000_000)),
  gzipSync("[null,null]\n".repeat(5_000_000)),
  gzipSync(`["a",${"[".repeat(10_000_000)}`),
  Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]),
];

/** A packed file with something of what is in it made nasty, or its bytes broken, or a bomb in its place. */
export function mutatedPacked(text: string, random: Random, bombs: readonly Buffer[]): Buffer {
  const how = random();
  if (how < 0.2) return pick(random, bombs);
  const packed = gzipSync(how < 0.4 ? text : mutatedText(text, random));
  if (how < 0.4) packed[Math.floor(random() * packed.length)] = Math.floor(random() * 256);
  return packed;
}
