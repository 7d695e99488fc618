/** Shows that imports point one way: no circle of files, and none between the files and folders of any folder, types included. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** Every file, by its path, with the files that it imports. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** A circle: the places in their order, each with the import that leads to the next. */
export interface Circle {
  folder: string;
  places: readonly string[];
  imports: readonly string[];
}

/** What a module imports, exports from or loads later: the specifier stands in quotes after one of these words. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)"(\.{1,2}\/[^"]+)"/g;

export function specifiers(text: string): string[] {
  return [...text.matchAll(SPECIFIER)].map((match) => match[1] ?? "");
}

/** The files below `folders` of `root`, by their path from there. */
export function readImports(root: string, folders: readonly string[]): Imports {
  const names = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  const imports = new Map<string, string[]>();
  for (const name of names.filter((each) => each.endsWith(".ts")).toSorted()) {
    const targets = specifiers(readFileSync(join(root, name), "utf8")).map((specifier) =>
      normalize(join(dirname(name), specifier)),
    );
    imports.set(name, [...new Set(targets)]);
  }
  return imports;
}

/** Which child of the folder a file stands in, or is; undefined when it stands elsewhere. */
function childOf(folder: string, file: string): string | undefined {
  const inside = folder === "" ? file : file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : undefined;
  return inside?.split("/").slice(0, 1)[0];
}

/** For each child of the folder, the children that it imports, with one import that shows it. */
function childImports(folder: string, imports: Imports): Map<string, Map<string, string>> {
  const edges = new Map<string, Map<string, string>>();
  for (const [file, targets] of imports) {
    const from = childOf(folder, file);
    if (from === undefined) continue;
    const known = edges.get(from) ?? new Map<string, string>();
    edges.set(from, known);
    for (const target of targets) {
      const to = childOf(folder, target);
      if (to !== undefined && to !== from && !known.has(to)) known.set(to, `${file} imports ${target}`);
    }
  }
  return edges;
}

/** The shortest way from a place back to itself. */
function wayBack(start: string, edges: Map<string, Map<string, string>>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const waiting = [start];
  for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
    for (const next of edges.get(place)?.keys() ?? []) {
      if (next === start) {
        const way = [place];
        for (let at = cameFrom.get(place); at !== undefined; at = cameFrom.get(at)) way.unshift(at);
        return way;
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, place);
      waiting.push(next);
    }
  }
  return undefined;
}

/** The circles among the children of one folder; a place that is in several is named with its shortest. */
function circlesIn(folder: string, imports: Imports): Circle[] {
  const edges = childImports(folder, imports);
  const named = new Set<string>();
  const circles: Circle[] = [];
  for (const start of [...edges.keys()].toSorted()) {
    if (named.has(start)) continue;
    const places = wayBack(start, edges);
    if (places === undefined) continue;
    for (const place of places) named.add(place);
    const steps = places.map(
      (place, index) => edges.get(place)?.get(places[(index + 1) % places.length] ?? start) ?? "",
    );
    circles.push({ folder, places, imports: steps });
  }
  return circles;
}

export function foldersOf(imports: Imports): string[] {
  const folders = new Set<string>([""]);
  for (const file of imports.keys()) {
    for (let folder = dirname(file); folder !== "."; folder = dirname(folder)) folders.add(folder);
  }
  return [...folders].toSorted();
}

/**
 * A circle of files is seen in the folder that holds all of them, or between the folders that they stand in. So the children
 * of each folder, files and sub-folders alike, being without a circle says both things.
 */
export function findCircles(imports: Imports): Circle[] {
  return foldersOf(imports).flatMap((folder) => circlesIn(folder, imports));
}

/** Imports of files that were not read: a circle could hide behind one. */
export function unknownTargets(imports: Imports, allowed: readonly string[] = []): string[] {
  return [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => target.endsWith(".ts") && !imports.has(target) && !allowed.includes(target))
      .map((target) => `${file} imports ${target}, which is outside of what is looked at`),
  );
}

/** Imports nothing of ours. */
const OUTSIDE = ["scripts/bundle.ts"];
const FOLDERS = ["src", "cli", "dev"];

function main(): number {
  const imports = readImports(fileURLToPath(new URL("..", import.meta.url)), FOLDERS);
  const circles = findCircles(imports);
  for (const { folder, places, imports: steps } of circles) {
    console.error(`${folder === "" ? "." : folder}: ${[...places, places[0]].join(" → ")}`);
    for (const step of steps) console.error(`    ${step}`);
  }
  const unknown = unknownTargets(imports, OUTSIDE);
  for (const line of unknown) console.error(line);
  const count = [...imports.values()].reduce((sum, targets) => sum + targets.length, 0);
  const found = circles.length === 0 ? "no circle of files, none within any folder" : `${circles.length} circles`;
  console.log(
    `structure: ${FOLDERS.join(", ")}: ${imports.size} files in ${foldersOf(imports).length - 1} folders, ${count} imports: ${found}`,
  );
  return circles.length + unknown.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();
