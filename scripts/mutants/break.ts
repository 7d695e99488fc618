/** What a break is: one rule that does not hold any more, and the test files that must notice. */

export interface Break {
  /** The rule that does not hold any more. */
  readonly rule: string;
  readonly file: string;
  /** Each text stands in the file exactly once, and is replaced. */
  readonly changes: readonly (readonly [from: string, to: string])[];
  readonly tests: readonly string[];
}

export const one = (rule: string, file: string, from: string, to: string, ...tests: string[]): Break => ({
  rule,
  file,
  changes: [[from, to]],
  tests: tests.map((name) => `test/${name}.test.ts`),
});

/** The file's text with the rule broken; throws Error where the text that is to be replaced is not there, or not alone. */
export function broken(text: string, { changes, file, rule }: Break): string {
  return changes.reduce((changed, [from, to]) => {
    if (changed.split(from).length !== 2) throw new Error(`${rule}: ${file} does not hold exactly once: ${from}`);
    return changed.replace(from, () => to);
  }, text);
}
