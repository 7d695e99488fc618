/** Writes the kinds as TypeScript interfaces: descriptions become TSDoc, enums unions, defaulted fields required. */
import type { Kind, Schema } from "./crd.ts";

const HEADER = `/** The custom resources as TypeScript. Generated from crds/ by \`npm run generate\`: change the CRDs, not this file. */
import type { Condition, KubeObject } from "../runtime/kube.ts";
`;

/** The text of `src/api/types.generated.ts`. */
export function renderTypes(kinds: readonly Kind[]): string {
  return [HEADER, ...kinds.map(renderKind)].join("\n");
}

function renderKind({ kind, description, spec, status }: Kind): string {
  return `/** ${description} */
export interface ${kind} extends KubeObject {
  spec: ${kind}Spec;
  status?: ${kind}Status;
}

/** ${spec.description} */
export interface ${kind}Spec ${renderFields(spec, "")}

/** ${status.description} */
export interface ${kind}Status ${renderFields(status, "")}
`;
}

function renderFields({ properties = {}, required = [] }: Schema, indent: string): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    // The API server fills in what has a default, so nobody reads such a field without a value.
    const optional = required.includes(name) || schema.default !== undefined ? "" : "?";
    const type = name === "conditions" ? "Condition[]" : renderType(schema, inner);
    return `${inner}/** ${comment(schema)} */\n${inner}${name}${optional}: ${type};\n`;
  });
  return `{\n${fields.join("")}${indent}}`;
}

function renderType(schema: Schema, indent: string): string {
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "object") return schema.properties ? renderFields(schema, indent) : "Record<string, never>";
  if (schema.type === "array") return schema.items ? renderItems(schema.items, indent) : "unknown[]";
  return schema.type === "integer" ? "number" : schema.type;
}

function renderItems(items: Schema, indent: string): string {
  const type = renderType(items, indent);
  return items.enum ? `(${type})[]` : `${type}[]`;
}

function comment({ description = "", default: preset }: Schema): string {
  return preset === undefined ? description : `${description} @default ${JSON.stringify(preset)}`;
}
