/** The JSONPath of printer columns and selectable fields: names, and filters that compare one field with a text. Pure. */
import { notImplemented } from "./status.ts";
import { isRecord } from "./types.ts";

type Step = { readonly name: string } | { readonly field: string; readonly equals: string };

const STEP = /^(?:\.([\w-]+)|\[\?\(@\.([\w-]+)\s*==\s*["']([^"']*)["']\)\])/;

/** Answers how to read the first match; undefined when there is none. Throws a 501 for a path that it does not understand. */
export function compileJsonPath(path: string): (value: unknown) => unknown {
  const steps = parse(path);
  return (value) => steps.reduce<unknown>(follow, value);
}

function parse(path: string): Step[] {
  const steps: Step[] = [];
  for (let rest = path; rest !== ""; ) {
    const match = STEP.exec(rest);
    if (!match) throw notImplemented(`support for the JSONPath ${path}`);
    const [whole, name, field = "", equals = ""] = match;
    steps.push(name === undefined ? { field, equals } : { name });
    rest = rest.slice(whole.length);
  }
  return steps;
}

function follow(value: unknown, step: Step): unknown {
  if ("name" in step) return isRecord(value) ? value[step.name] : undefined;
  if (!Array.isArray(value)) return undefined;
  return value.find((item) => isRecord(item) && item[step.field] === step.equals);
}
