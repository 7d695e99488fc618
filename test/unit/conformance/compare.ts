/** Where two recordings differ, and which of that is meant. Pure. */
import { isDeepStrictEqual } from "node:util";

/** A difference between the embedded server and a real one that is meant. */
export interface Known {
  /** Tested against `case › request › field`. */
  readonly where: RegExp;
  readonly why: string;
  /** Of real servers; absent: of every one. */
  readonly minor?: string;
}

export interface Difference {
  /** Such as `sizes › 0 POST … › body.message`. */
  readonly where: string;
  readonly embedded: unknown;
  readonly real: unknown;
}

type Recording = Readonly<Record<string, readonly { readonly request: string }[]>>;

/** One entry for every field that is not the same. */
export function differences(embedded: Recording, real: Recording): Difference[] {
  const cases = [...new Set([...Object.keys(embedded), ...Object.keys(real)])];
  return cases.flatMap((name) => {
    const [ours = [], theirs = []] = [embedded[name], real[name]];
    return Array.from({ length: Math.max(ours.length, theirs.length) }, (_, index) => index).flatMap((index) =>
      walk(`${name} › ${index} ${theirs[index]?.request ?? ""} ›`, "", ours[index], theirs[index]),
    );
  });
}

function walk(step: string, field: string, embedded: unknown, real: unknown): Difference[] {
  if (isDeepStrictEqual(embedded, real)) return [];
  if (!isContainer(embedded) || !isContainer(real) || Array.isArray(embedded) !== Array.isArray(real)) {
    return [{ where: `${step} ${field}`, embedded, real }];
  }
  const keys = [...new Set([...Object.keys(embedded), ...Object.keys(real)])];
  return keys.flatMap((key) => walk(step, field === "" ? key : `${field}.${key}`, embedded[key], real[key]));
}

const isContainer = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Those that nobody has explained, and explanations of what is no longer different. */
export function unexplained(
  found: readonly Difference[],
  known: readonly Known[],
): { differences: readonly Difference[]; stale: readonly RegExp[] } {
  return {
    differences: found.filter(({ where }) => !known.some((one) => one.where.test(where))),
    stale: known.filter((one) => !found.some(({ where }) => one.where.test(where))).map(({ where }) => where),
  };
}
