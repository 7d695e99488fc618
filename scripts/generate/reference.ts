/** Writes the reference page: every field of every kind, with type, default, constraints and rules. */
import type { Kind, Schema } from "./crd.ts";
import { code, table, text } from "./markdown.ts";

const HEADER = `<!-- Generated from crds/ by \`npm run generate\`: change the CRDs, not this file. -->
# API reference

Every field of every kind. A field with a default is filled in by the API server. Times are RFC 3339.
`;

/** The text of `docs/reference.md`. */
export function renderReference(kinds: readonly Kind[]): string {
  return [HEADER, ...kinds.map(renderKind)].join("\n");
}

function renderKind(kind: Kind): string {
  const fields = [
    { path: "metadata.name", schema: kind.name, required: true },
    ...fieldsOf("spec", kind.spec, true),
    ...fieldsOf("status", kind.status, false),
  ];
  const specFields = fields.filter(({ path }) => !path.startsWith("status"));
  const statusFields = fields.filter(({ path }) => path.startsWith("status."));
  const rules = fields.flatMap(rulesOf);
  return `## ${kind.kind}

${text(kind)}

\`apiVersion: ${kind.apiVersion}\`, \`kind: ${kind.kind}\`. For kubectl: \`${kind.plural}\`, short name \`${kind.shortName}\`, category \`${kind.category}\`.
Field selectors: ${kind.selectableFields.map((path) => `\`${path.slice(1)}\``).join(", ")}.

### ${kind.kind} spec

${table(["Field", "Type", "Default", "Constraints", "Description"], specFields.map(specRow))}

### ${kind.kind} status

${table(["Field", "Type", "Constraints", "Description"], statusFields.map(statusRow))}

### ${kind.kind} rules

What the API server checks beyond types and bounds. \`self\` is the field; on a list's entries it is each entry.

${table(["Field", "Rule", "Message"], rules)}

### ${kind.kind} columns

${table(["Column", "Shown", "From"], kind.columns.map(columnRow))}
`;
}

interface Field {
  path: string;
  schema: Schema;
  required: boolean;
}

function fieldsOf(path: string, schema: Schema, required: boolean): Field[] {
  const children = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    fieldsOf(`${path}.${name}`, child, schema.required?.includes(name) ?? false),
  );
  const items = schema.items ? fieldsOf(`${path}[]`, schema.items, false) : [];
  return [{ path, schema, required }, ...children, ...items];
}

function specRow({ path, schema, required }: Field): string[] {
  const preset = schema.default === undefined ? "" : code(JSON.stringify(schema.default));
  return [code(path), typeOf(schema), preset, constraintsOf(schema, required), text(schema)];
}

function statusRow({ path, schema, required }: Field): string[] {
  return [code(path), typeOf(schema), constraintsOf(schema, required), text(schema)];
}

function columnRow({ name, wide, jsonPath }: Kind["columns"][number]): string[] {
  return [name.toUpperCase(), wide ? "with `-o wide`" : "always", code(jsonPath)];
}

function rulesOf({ path, schema }: Field): string[][] {
  const rules = schema["x-kubernetes-validations"] ?? [];
  return rules.map(({ rule, message, fieldPath = "" }) => [code(path + fieldPath), code(rule), message]);
}

function typeOf({ type, format, items }: Schema): string {
  if (type === "array") return `list of ${items?.type}s`;
  return format === "date-time" ? "time" : type;
}

function constraintsOf(schema: Schema, required: boolean): string {
  const keys = schema["x-kubernetes-list-map-keys"];
  return [
    required ? "required" : "",
    schema.enum ? `one of ${schema.enum.map((value) => code(String(value))).join(", ")}` : "",
    range(schema.minimum, schema.maximum),
    unit(range(schema.minLength, schema.maxLength), "characters"),
    unit(range(schema.minItems, schema.maxItems), "entries"),
    keys ? `each ${code(keys.join(", "))} once` : "",
    ...(schema["x-kubernetes-validations"] ?? []).map(({ message }) => message),
  ]
    .filter((part) => part !== "")
    .join("; ");
}

function range(least?: number, most?: number): string {
  if (least === undefined) return most === undefined ? "" : `at most ${most}`;
  return most === undefined ? `at least ${least}` : `${least} to ${most}`;
}

const unit = (amount: string, name: string): string => (amount === "" ? "" : `${amount} ${name}`);
