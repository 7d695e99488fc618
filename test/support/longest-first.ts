/** The order in which test files begin. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** They take a minute and more. */
const LONGEST = [
  "docs/commands",
  "bundle/kill",
  "bundle/dropped-mirrors",
  "bundle/tenant-bombs",
  "bundle/seen",
  "bundle/large-lists",
  "crash/spec-change",
  "hostile/wire",
  "bundle/namespace-fuzz",
];

/** A fresh clone knows of no earlier run: a file of minutes that begins last would have the machine for itself. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((name) => moduleId.endsWith(`/extended/${name}.test.ts`));
  return rank < 0 ? LONGEST.length : rank;
}
