/** Evaluates the CEL rules of a schema (x-kubernetes-validations) as the API server does. */
import { type CelInput, celMap, isCelError, plan } from "@bufbuild/cel";
import { invalidType, invalidValue } from "../field-errors.ts";
import { type FieldError, isRecord, type Schema, type ValidationRule } from "../types.ts";
import { celEnvironment, parseRule } from "./cel-functions.ts";
import { listIdentity } from "./validate.ts";

/** Rules that compare with the object before are skipped where there was none. */
export function validateRules(value: unknown, old: unknown, schema: Schema, path: string): FieldError[] {
  const own = (schema["x-kubernetes-validations"] ?? []).flatMap((rule) => evaluate(rule, value, old, schema, path));
  return [...own, ...validateChildren(value, old, schema, path)];
}

function validateChildren(value: unknown, old: unknown, schema: Schema, path: string): FieldError[] {
  const { items } = schema;
  if (Array.isArray(value)) {
    if (!items) return [];
    return value.flatMap((item, index) =>
      validateRules(item, correlated(item, old, schema), items, `${path}[${index}]`),
    );
  }
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const known = schema.properties?.[name] ?? schema.additionalProperties;
    const before = isRecord(old) ? old[name] : undefined;
    return known ? validateRules(child, before, known, path === "" ? name : `${path}.${name}`) : [];
  });
}

/** The same entry of the list before; only the keys of a map tell which one that was. */
function correlated(item: unknown, old: unknown, schema: Schema): unknown {
  if (schema["x-kubernetes-list-type"] !== "map" || !Array.isArray(old)) return undefined;
  const identity = JSON.stringify(listIdentity(item, schema));
  return old.find((one) => JSON.stringify(listIdentity(one, schema)) === identity);
}

type Program = (variables: { self: CelInput; oldSelf: CelInput }) => unknown;

interface Compiled {
  readonly run: Program;
  readonly isTransition: boolean;
}

const compiled = new Map<string, Compiled>();

function compile(rule: string): Compiled {
  const known = compiled.get(rule);
  if (known) return known;
  const { expression, isTransition } = parseRule(rule);
  const program = { run: plan(celEnvironment, expression) as Program, isTransition };
  compiled.set(rule, program);
  return program;
}

function evaluate(rule: ValidationRule, value: unknown, old: unknown, schema: Schema, path: string): FieldError[] {
  const { run, isTransition } = compile(rule.rule);
  if (isTransition && old === undefined) return [];
  const answer = run({ self: toCel(value, schema), oldSelf: old === undefined ? null : toCel(old, schema) });
  if (answer === true) return [];
  const field = `${path}${rule.fieldPath ?? ""}`;
  const text = rule.message ?? `failed rule: ${rule.rule}`;
  if (!isCelError(answer)) return [invalidValue(field, value, text)];
  return [
    {
      ...invalidType(field, schema.type ?? "", `${cause(answer)} evaluating rule: ${text}`),
      type: "FieldValueInvalid",
    },
  ];
}

/** In Go's words. */
function cause({ message }: Error): string {
  return message.replace(/^Invalid time zone specified: /, "unknown time zone ");
}

/** CEL tells integers from floats, so the schema decides which a number is. */
function toCel(value: unknown, schema: Schema | undefined): CelInput {
  if (Array.isArray(value)) return value.map((item) => toCel(item, schema?.items));
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([name, child]): [string, CelInput] => {
      return [name, toCel(child, schema?.properties?.[name] ?? schema?.additionalProperties)];
    });
    return celMap(new Map(entries));
  }
  if (typeof value === "number") return schema?.type === "number" ? value : BigInt(value);
  return value as CelInput;
}
