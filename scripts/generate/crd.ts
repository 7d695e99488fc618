/** Reads the CRDs of crds/: the source of truth for types, reference and validation. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** The part of a structural OpenAPI schema that the CRDs use. */
export interface Schema {
  type: "object" | "array" | "string" | "integer" | "boolean";
  description?: string;
  format?: string;
  enum?: (string | number)[];
  default?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  "x-kubernetes-list-type"?: "atomic" | "map" | "set";
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-validations"?: { rule: string; message: string; fieldPath?: string }[];
}

export interface CustomResourceDefinition {
  metadata: { name: string };
  spec: {
    group: string;
    names: { kind: string; plural: string; shortNames: string[]; categories: string[] };
    versions: {
      name: string;
      selectableFields: { jsonPath: string }[];
      additionalPrinterColumns: { name: string; jsonPath: string; priority?: number }[];
      schema: { openAPIV3Schema: Schema };
    }[];
  };
}

/** One kind in its only version, flattened to what the generators print. */
export interface Kind {
  kind: string;
  plural: string;
  shortName: string;
  category: string;
  apiVersion: string;
  columns: { name: string; jsonPath: string; wide: boolean }[];
  selectableFields: string[];
  description: string;
  /** The object's name. */
  name: Schema;
  spec: Schema;
  status: Schema;
}

/** Every kind of the folder, by file name. Throws when a CRD has not exactly one version with spec and status. */
export function readKinds(folder: string): Kind[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  return files
    .sort()
    .map((file) => toKind(parse(readFileSync(join(folder, file), "utf8")) as CustomResourceDefinition));
}

function toKind({ metadata, spec: { group, names, versions } }: CustomResourceDefinition): Kind {
  const [version, ...others] = versions;
  if (version === undefined || others.length > 0) throw new Error(`${metadata.name}: must have exactly one version`);
  const { description = "", properties = {} } = version.schema.openAPIV3Schema;
  const { metadata: meta, spec, status } = properties;
  const name = meta?.properties?.["name"];
  if (!name || !spec || !status) throw new Error(`${metadata.name}: must describe metadata.name, spec and status`);
  return {
    kind: names.kind,
    plural: `${names.plural}.${group}`,
    shortName: names.shortNames.join(", "),
    category: names.categories.join(", "),
    apiVersion: `${group}/${version.name}`,
    columns: version.additionalPrinterColumns.map(({ name, jsonPath, priority = 0 }) => {
      return { name, jsonPath, wide: priority > 0 };
    }),
    selectableFields: version.selectableFields.map(({ jsonPath }) => jsonPath),
    description,
    name,
    spec,
    status,
  };
}
