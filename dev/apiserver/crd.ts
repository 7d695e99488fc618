/** CustomResourceDefinitions: the kind itself, and the kinds that one defines. */
import { CRD_SCHEMA } from "./builtin-schemas.ts";
import { required } from "./field-errors.ts";
import { recordOf, textOf } from "./fields.ts";
import { compileJsonPath } from "./jsonpath.ts";
import { validateRules } from "./schema/cel.ts";
import { withDefaults } from "./schema/default.ts";
import { OBJECT_META } from "./schema/object-meta.ts";
import { requireSupported } from "./schema/support.ts";
import { validateLists, validateSchema } from "./schema/validate.ts";
import { notImplemented } from "./status.ts";
import { AGE, NAME } from "./table-columns.ts";
import { age, timeText } from "./times.ts";
import type { Column, FieldError, Kind, Schema, StoredObject } from "./types.ts";

interface CrdSpec {
  group: string;
  scope: "Namespaced" | "Cluster";
  names: {
    kind: string;
    plural: string;
    singular?: string;
    listKind?: string;
    shortNames?: string[];
    categories?: string[];
  };
  versions: CrdVersion[];
  conversion?: { strategy?: string };
  preserveUnknownFields?: boolean;
}

interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  schema: { openAPIV3Schema: Schema };
  subresources?: { status?: object; scale?: object };
  additionalPrinterColumns?: { name: string; type: string; format?: string; priority?: number; jsonPath: string }[];
  selectableFields?: { jsonPath: string }[];
}

const specOf = (crd: StoredObject): CrdSpec => crd["spec"] as CrdSpec;

/** The kinds that a CRD defines, one a served version. Throws a 501 that names what is not supported. */
export function kindsOf(crd: StoredObject): Kind[] {
  const spec = specOf(crd);
  if (spec.versions.length > 1) throw notImplemented("conversion between versions of a custom resource");
  return spec.versions.filter(({ served }) => served).map((version) => kindOf(spec, version, crd.metadata.name));
}

function kindOf(spec: CrdSpec, version: CrdVersion, table: string): Kind {
  const { group, scope, names } = spec;
  if (version.subresources?.scale) throw notImplemented("scale subresource");
  const own = version.schema.openAPIV3Schema;
  requireSupported(own, names.kind);
  // Metadata is decoded by its own schema; what the CRD says of it comes on top.
  const schema: Schema = { ...own, properties: { apiVersion: {}, kind: {}, ...own.properties, metadata: OBJECT_META } };
  const columns = version.additionalPrinterColumns?.map(columnOf) ?? [AGE];
  return {
    group,
    version: version.name,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === "Namespaced",
    table,
    schema,
    builtIn: false,
    hasStatus: version.subresources?.status !== undefined,
    hasGeneration: true,
    columns: [NAME, ...columns],
    selectable: Object.fromEntries(version.selectableFields?.map(({ jsonPath }) => selectable(jsonPath)) ?? []),
    complete: (object) => withDefaults(object, schema) as StoredObject,
    validate: (object, old, found) => validateCustom(object, old, own, found),
  };
}

function columnOf({
  name,
  type,
  format,
  priority,
  jsonPath,
}: NonNullable<CrdVersion["additionalPrinterColumns"]>[number]): Column {
  const read = compileJsonPath(jsonPath);
  const cell = (object: StoredObject, now: number): unknown => {
    const value = read(object);
    return type === "date" && value !== undefined ? age(value, now) : (value ?? null);
  };
  const description = `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  return { name, type, description, ...(format && { format }), ...(priority && { priority }), cell };
}

function selectable(jsonPath: string): [string, (object: StoredObject) => string] {
  const read = compileJsonPath(jsonPath);
  return [jsonPath.slice(1), (object) => textOf(read(object))];
}

/** After these, rules could meet values that they are not written for, and are not run. */
const BLOCKING: readonly FieldError["type"][] = [
  "FieldValueRequired",
  "FieldValueTypeInvalid",
  "FieldValueNotSupported",
  "FieldValueTooLong",
  "FieldValueTooMany",
];

function validateCustom(
  object: StoredObject,
  old: StoredObject | undefined,
  schema: Schema,
  found: readonly FieldError[],
): FieldError[] {
  const errors = [...found, ...validateSchema(object, schema, ""), ...validateLists(object, schema, "")];
  if (!errors.some(({ type }) => BLOCKING.includes(type)))
    return [...errors, ...validateRules(object, old, schema, "")];
  const message =
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
  return [...errors, { type: "FieldValueInvalid", field: "<nil>", message }];
}

const condition = (type: string, reason: string, message: string, now: number) => ({
  type,
  status: "True",
  lastTransitionTime: timeText(now),
  reason,
  message,
});

/** The kind CustomResourceDefinition: it is established as soon as it is stored. */
export function crdKind(now: () => number): Kind {
  return {
    group: "apiextensions.k8s.io",
    version: "v1",
    kind: "CustomResourceDefinition",
    listKind: "CustomResourceDefinitionList",
    plural: "customresourcedefinitions",
    singular: "customresourcedefinition",
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    namespaced: false,
    table: "customresourcedefinitions.apiextensions.k8s.io",
    schema: CRD_SCHEMA,
    builtIn: true,
    hasStatus: true,
    hasGeneration: true,
    columns: [NAME, { name: "Created At", type: "date", cell: ({ metadata }) => metadata.creationTimestamp }],
    selectable: {},
    complete: (crd) => (missingFields(crd).length > 0 ? crd : { ...crd, status: statusOf(crd, now()) }),
    validate: (crd, _, found) => {
      const missing = missingFields(crd);
      return [...found, ...(missing.length > 0 ? missing.map((field) => required(field)) : validateCrd(crd))];
    },
  };
}

/** What must be there before anything can be made of it. */
function missingFields(crd: StoredObject): string[] {
  const spec = recordOf(crd["spec"]);
  const names = recordOf(spec["names"]);
  const versions = Array.isArray(spec["versions"]) ? spec["versions"].map(recordOf) : [];
  const missing = ["group", "scope"].filter((field) => typeof spec[field] !== "string").map((field) => `spec.${field}`);
  for (const field of ["kind", "plural"]) if (typeof names[field] !== "string") missing.push(`spec.names.${field}`);
  if (versions.length === 0) missing.push("spec.versions");
  for (const [index, version] of versions.entries()) {
    if (typeof version["name"] !== "string") missing.push(`spec.versions[${index}].name`);
    const schema = recordOf(version["schema"])["openAPIV3Schema"];
    if (typeof schema !== "object" || schema === null) missing.push(`spec.versions[${index}].schema.openAPIV3Schema`);
  }
  return missing;
}

function statusOf(crd: StoredObject, now: number): object {
  const { names, versions } = specOf(crd);
  const old = recordOf(crd["status"])["conditions"];
  const conditions = [
    condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
    condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now),
  ];
  const storedVersions = versions.filter(({ storage }) => storage).map(({ name }) => name);
  return { conditions: Array.isArray(old) ? old : conditions, acceptedNames: names, storedVersions };
}

function validateCrd(crd: StoredObject): FieldError[] {
  const { group, names } = specOf(crd);
  if (crd.metadata.name === `${names.plural}.${group}`) return [];
  const text = `must be spec.names.plural+"."+spec.group`;
  return [
    {
      ...required("metadata.name"),
      type: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(crd.metadata.name)}: ${text}`,
    },
  ];
}
