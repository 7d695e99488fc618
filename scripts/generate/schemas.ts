/** JSON schemas of the kinds for editors and for kubeconform: what people write, without the status. */
import type { Kind, Schema } from "./crd.ts";

type JsonSchema = Record<string, unknown>;

const DRAFT = "http://json-schema.org/draft-07/schema#";
const LABELS = { type: "object", additionalProperties: { type: "string" } };

/** By path: one file a kind, named as catalogues of CRD schemas name them, and one that takes any kind, for files that hold several. */
export function renderSchemas(kinds: readonly Kind[]): Record<string, string> {
  const files = kinds.map((kind) => [pathOf(kind), schemaOf(kind)] as const);
  const any: JsonSchema = {
    $schema: DRAFT,
    title: "An object of o365sync.dev, or of any other group",
    // By `else`: an object with a field `then` would be taken for a promise.
    allOf: kinds.map((kind) => ({
      if: { not: { required: ["kind", "apiVersion"], properties: head(kind) } },
      else: { $ref: pathOf(kind).replace(/^schemas\//, "") },
    })),
  };
  const all: readonly (readonly [string, JsonSchema])[] = [...files, ["schemas/all.json", any]];
  return Object.fromEntries(all.map(([path, schema]) => [path, `${JSON.stringify(schema, null, 2)}\n`]));
}

function pathOf({ apiVersion, kind }: Kind): string {
  const [group = "", version = ""] = apiVersion.split("/");
  return `schemas/${group}/${kind.toLowerCase()}_${version}.json`;
}

const head = ({ apiVersion, kind }: Kind): JsonSchema => ({
  apiVersion: { const: apiVersion },
  kind: { const: kind },
});

function schemaOf(kind: Kind): JsonSchema {
  return {
    $schema: DRAFT,
    title: kind.kind,
    description: kind.description,
    type: "object",
    required: ["apiVersion", "kind", "metadata", "spec"],
    additionalProperties: false,
    properties: {
      ...head(kind),
      metadata: {
        type: "object",
        required: ["name"],
        properties: { name: convert(kind.name), namespace: { type: "string" }, labels: LABELS, annotations: LABELS },
      },
      spec: convert(kind.spec),
      status: { description: "The operator's; leave it out.", type: "object" },
    },
  };
}

/** What JSON Schema has too; a field that is not there is a mistake, which the API server would drop without a word. */
function convert(schema: Schema): JsonSchema {
  const converted: JsonSchema = {};
  for (const [name, value] of Object.entries(schema)) {
    if (name.startsWith("x-kubernetes-") || name === "format") continue;
    converted[name] = value;
  }
  const pattern = schema["x-kubernetes-validations"]
    ?.map(({ rule }) => patternOf(rule))
    .find((each) => each !== undefined);
  if (pattern !== undefined) converted["pattern"] = pattern;
  if (schema.items) converted["items"] = convert(schema.items);
  if (schema.properties) {
    converted["properties"] = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, convert(property)]),
    );
    converted["additionalProperties"] = false;
  }
  return converted;
}

/** Of a rule that is nothing but a pattern; the others are the API server's to judge. */
function patternOf(rule: string): string | undefined {
  const [, , pattern] = /^self\.matches\((["'])([^"'\\]*)\1\)$/.exec(rule) ?? [];
  // RE2's classes by name are not JavaScript's.
  return pattern?.includes("[:") === true ? undefined : pattern;
}
