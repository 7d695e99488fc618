/** Issue 20, point 5: the command that shows that imports point one way. */
import { expect, it } from "vitest";
import { findCircles, specifiers, unknownTargets } from "../../../scripts/structure.ts";

it.each([
  ["a value", 'import { a } from "./a.ts";', ["./a.ts"]],
  ["a type", 'import type { A } from "../a.ts";', ["../a.ts"]],
  ["a value and a type", 'import { type A, b } from "./a.ts";', ["./a.ts"]],
  ["names on several lines", 'import {\n  a,\n  b,\n} from "./a.ts";', ["./a.ts"]],
  ["its effect alone", 'import "./a.ts";', ["./a.ts"]],
  ["a module that is handed on", 'export * from "./a.ts";\nexport { b } from "./b.ts";', ["./a.ts", "./b.ts"]],
  ["a module that is loaded later", 'const a = await import("./a.ts");', ["./a.ts"]],
  ["the type of a module", 'type A = import("./a.ts").A;', ["./a.ts"]],
  ["a package", 'import { it } from "vitest";', []],
])("an import of %s is seen", (_what, text, expected) => {
  expect(specifiers(text)).toEqual(expected);
});

type Case = [what: string, imports: Record<string, string[]>, circles: string[]];

it.each<Case>([
  ["imports that point one way", { "a/x.ts": ["b/y.ts"], "b/y.ts": ["c.ts"], "c.ts": [] }, []],
  ["two files that import each other", { "a/x.ts": ["a/y.ts"], "a/y.ts": ["a/x.ts"] }, ["a: x.ts → y.ts"]],
  ["three files in a ring", { "x.ts": ["y.ts"], "y.ts": ["z.ts"], "z.ts": ["x.ts"] }, [": x.ts → y.ts → z.ts"]],
  [
    "two folders that import each other, by files that do not",
    { "a/x.ts": ["b/y.ts"], "b/y.ts": [], "b/z.ts": ["a/w.ts"], "a/w.ts": [] },
    [": a → b"],
  ],
  [
    "two sub-folders that do",
    { "s/run/x.ts": ["s/status/y.ts"], "s/status/y.ts": [], "s/status/z.ts": ["s/run/w.ts"], "s/run/w.ts": [] },
    ["s: run → status"],
  ],
  [
    "a folder that imports a file above it, which imports that folder",
    { "s/outcome.ts": ["s/run/x.ts"], "s/run/x.ts": [], "s/run/y.ts": ["s/outcome.ts"] },
    ["s: outcome.ts → run"],
  ],
  ["a folder that imports a file above it, and not the other way", { "s/run/x.ts": ["s/m.ts"], "s/m.ts": [] }, []],
  [
    "two circles beside each other",
    { "a.ts": ["b.ts"], "b.ts": ["a.ts"], "c.ts": ["d.ts"], "d.ts": ["c.ts"] },
    [": a.ts → b.ts", ": c.ts → d.ts"],
  ],
])("%s", (_what, imports, expected) => {
  const circles = findCircles(new Map(Object.entries(imports)));
  expect(circles.map(({ folder, places }) => `${folder}: ${places.join(" → ")}`)).toEqual(expected);
});

it("a circle is told with the imports that make it", () => {
  const imports = new Map([
    ["a/x.ts", ["b/y.ts"]],
    ["b/z.ts", ["a/w.ts"]],
  ]);
  expect(findCircles(imports).flatMap((circle) => circle.imports)).toEqual([
    "a/x.ts imports b/y.ts",
    "b/z.ts imports a/w.ts",
  ]);
});

it("a file that nobody looked at is named: a circle could hide behind it", () => {
  const imports = new Map([["src/a.ts", ["src/b.ts", "package.json"]]]);
  expect(unknownTargets(imports)).toEqual(["src/a.ts imports src/b.ts, which is outside of what is looked at"]);
});
