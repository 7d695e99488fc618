/** Writes what the CRDs say of each field of a status as a shape that a status is held against when it is read. */
import type { Kind, Schema } from "./crd.ts";

const HEADER = `/** What each field of a status may be, by its kind. Generated from crds/ by \`npm run generate\`: change the CRDs, not this file. */
import * as v from "valibot";
import { isInstant } from "../base/time.ts";

/** To valibot a list is an object too. */
const record = <T extends v.ObjectEntries>(entries: T) =>
  v.pipe(v.unknown(), v.check((value) => !Array.isArray(value)), v.object(entries));

/** In code points, as the API server counts them. */
const longest = (most: number) => v.check((text: string) => text.length <= most || Array.from(text).length <= most);
`;

/** The text of `src/api/status-shapes.generated.ts`. */
export function renderStatusShapes(kinds: readonly Kind[]): string {
  return [HEADER, ...kinds.map(renderKind)].join("\n");
}

function renderKind({ kind, status: { properties = {} } }: Kind): string {
  const fields = Object.entries(properties).map(([name, schema]) => `  ${name}: ${shapeOf(schema, "  ")},\n`);
  return `export const ${kind.charAt(0).toLowerCase()}${kind.slice(1)}Status = {\n${fields.join("")}};\n`;
}

function shapeOf(schema: Schema, indent: string): string {
  if (schema.enum) return `v.picklist([${schema.enum.map((value) => JSON.stringify(value)).join(", ")}])`;
  switch (schema.type) {
    case "object":
      return objectOf(schema, indent);
    case "array":
      return piped(`v.array(${schema.items ? shapeOf(schema.items, indent) : "v.unknown()"})`, [
        ...bound("maxLength", schema.maxItems),
      ]);
    case "string":
      return piped("v.string()", [
        ...(schema.format === "date-time" ? ["v.check(isInstant)"] : []),
        ...bound("minLength", schema.minLength),
        ...(schema.maxLength === undefined ? [] : [`longest(${schema.maxLength})`]),
        ...(schema.pattern === undefined ? [] : [`v.regex(/${schema.pattern}/)`]),
      ]);
    case "integer":
      return piped("v.number()", [
        "v.safeInteger()",
        ...bound("minValue", schema.minimum),
        ...bound("maxValue", schema.maximum),
      ]);
    case "boolean":
      return "v.boolean()";
  }
}

const bound = (check: string, value: number | undefined): string[] =>
  value === undefined ? [] : [`v.${check}(${value})`];

const piped = (shape: string, checks: readonly string[]): string =>
  checks.length === 0 ? shape : `v.pipe(${[shape, ...checks].join(", ")})`;

function objectOf({ properties = {}, required = [] }: Schema, indent: string): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const shape = shapeOf(schema, inner);
    return `${inner}${name}: ${required.includes(name) ? shape : `v.exactOptional(${shape})`},\n`;
  });
  return fields.length === 0 ? "record({})" : `record({\n${fields.join("")}${indent}})`;
}
