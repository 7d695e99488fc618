/** Writes what the chart repeats: the CRDs as templates, values.yaml and the table of values, both from values.schema.json. */
import { stringify } from "yaml";
import { code, table, text } from "./markdown.ts";

export interface ValueSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly items?: ValueSchema;
}

const HEADER = "Generated from values.schema.json by `npm run generate`: change the schema, not this file.";

/** A CRD as a template that the values `crds.enabled` and `crds.keep` rule. */
export function renderCrdTemplate(crd: string): string {
  if (crd.includes("{{")) throw new Error("a CRD with {{ would be taken for a template");
  const head = /^metadata:\n( {2}name: .*\n)/m;
  if (!head.test(crd)) throw new Error("a CRD must begin with metadata and, first in it, its name");
  const metadata = `metadata:
$1  labels:
    {{- include "operator.labels" . | nindent 4 }}
  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
`;
  return `{{- /* Generated from crds/ by \`npm run generate\`. */ -}}
{{- include "operator.init" . }}
{{- if .Values.crds.enabled }}
${crd.replace(head, metadata)}{{- end }}
`;
}

/** The text of values.yaml: every default, with its description above it. */
export function renderValues(schema: ValueSchema): string {
  return `# ${HEADER}\n${valuesOf(schema, "")}`;
}

function valuesOf({ properties = {} }: ValueSchema, indent: string): string {
  return Object.entries(properties)
    .map(([name, schema]) => {
      const comment = `${indent}# ${schema.description ?? ""}\n`;
      if (isGroup(schema)) return `${comment}${indent}${name}:\n${valuesOf(schema, `${indent}  `)}`;
      const value = stringify({ [name]: schema.default }, { lineWidth: 0 });
      return comment + value.replaceAll(/^(?=.)/gm, indent);
    })
    .join(indent === "" ? "\n" : "");
}

/** The defaults as a template, for `operator.init`: all but what a map holds. */
export function renderDefaults(schema: ValueSchema): string {
  const header = "{{- /* Generated from values.schema.json by `npm run generate`. */ -}}";
  return `${header}\n{{- define "operator.defaults" -}}\n${stringify(defaultsOf(schema), { lineWidth: 0 })}{{- end -}}\n`;
}

function defaultsOf({ properties = {} }: ValueSchema): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, schema]): [string, unknown][] => {
      if (isGroup(schema)) return [[name, defaultsOf(schema)]];
      return schema.type === "object" && JSON.stringify(schema.default) !== "{}" ? [] : [[name, schema.default]];
    }),
  );
}

/** The README's table: one row a value, those of a list's entries too. */
export function renderValuesTable(schema: ValueSchema): string {
  return table(["Value", "Type", "Default", "Description"], rowsOf(schema, ""));
}

function rowsOf({ properties = {} }: ValueSchema, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    if (isGroup(schema)) return rowsOf(schema, `${path}.`);
    const preset = schema.default === undefined ? "" : code(JSON.stringify(schema.default));
    const row = [code(path), typeOf(schema), preset, text(schema)];
    return [row, ...rowsOf(schema, `${path}.`), ...rowsOf(schema.items ?? {}, `${path}[].`)];
  });
}

const isGroup = (schema: ValueSchema): boolean => schema.properties !== undefined && schema.default === undefined;

function typeOf({ type = "any", enum: choices, minimum, maximum }: ValueSchema): string {
  if (choices) return choices.map((choice) => code(choice === "" ? '""' : choice)).join(", ");
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  return type === "array" ? "list" : type;
}

/** `page` with what stands between the markers `<!-- values -->` and `<!-- /values -->` replaced. */
export function withValuesTable(page: string, schema: ValueSchema): string {
  const marked = /(<!-- values -->\n)[\s\S]*?(<!-- \/values -->)/;
  if (!marked.test(page)) throw new Error("the chart's README must hold <!-- values --> and <!-- /values -->");
  return page.replace(marked, (_, begin: string, end: string) => `${begin}${renderValuesTable(schema)}\n${end}`);
}
