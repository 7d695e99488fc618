/** The built-in kinds that are served: those that the operator, the tests and kubectl need. */
import * as schemas from "./builtin-schemas.ts";
import { fromCoreEvent, toCoreEvent, validateAbout, validateEvent, withEmptyFields } from "./events.ts";
import { forbiddenField, invalidValue, required } from "./field-errors.ts";
import { recordOf, textOf } from "./fields.ts";
import { AGE, EVENT_COLUMNS, NAME } from "./table-columns.ts";
import { type FieldError, isRecord, type Json, type Kind, type StoredObject } from "./types.ts";

const DATA_BYTES = 1024 * 1024;
const DATA_KEY = /^[-._a-zA-Z0-9]+$/;
const DATA_KEY_RULE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

type Shape = Pick<Kind, "group" | "kind" | "plural" | "schema"> &
  Partial<Omit<Kind, "validate">> & {
    readonly validate?: (object: StoredObject, old: StoredObject | undefined) => readonly FieldError[];
  };

function builtIn(shape: Shape): Kind {
  return {
    version: "v1",
    listKind: `${shape.kind}List`,
    singular: shape.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    table: shape.group === "" ? shape.plural : `${shape.plural}.${shape.group}`,
    builtIn: true,
    hasStatus: false,
    hasGeneration: false,
    columns: [NAME, AGE],
    selectable: {},
    complete: (object) => object,
    ...shape,
    validate: (object, old, found) => [...found, ...(shape.validate?.(object, old) ?? [])],
  };
}

const entriesOf = (value: unknown): [string, unknown][] => (isRecord(value) ? Object.entries(value) : []);
const dataCount = (object: StoredObject): number =>
  entriesOf(object["data"]).length + entriesOf(object["binaryData"]).length;

/** An empty map is not written. */
function withoutEmpty(object: StoredObject, field: string): StoredObject {
  const { [field]: value, ...rest } = object;
  return entriesOf(value).length === 0 ? (rest as StoredObject) : object;
}

/** The rules of ConfigMap and Secret; `maps` name the fields that hold data. */
function validateData(object: StoredObject, old: StoredObject | undefined, maps: readonly string[]): FieldError[] {
  const entries = maps.flatMap((map) => entriesOf(object[map]).map(([key, value]) => ({ map, key, value })));
  const errors = entries.flatMap(({ map, key }) => validateDataKey(`${map}[${key}]`, key));
  const bytes = entries.reduce((sum, { map, value }) => sum + sizeOf(value, map !== "data" || maps.length === 1), 0);
  if (bytes > DATA_BYTES) {
    const field = maps.length === 1 ? "data" : "[]";
    errors.push({ type: "FieldValueTooLong", field, message: `Too long: may not be more than ${DATA_BYTES} bytes` });
  }
  if (old?.["immutable"] !== true) return errors;
  const text = "field is immutable when `immutable` is set";
  if (object["immutable"] !== true) errors.push(forbiddenField("immutable", text));
  const changed = maps.filter((map) => JSON.stringify(object[map]) !== JSON.stringify(old[map]));
  return [...errors, ...changed.map((map) => forbiddenField(map, text))];
}

function validateDataKey(field: string, key: string): FieldError[] {
  if (!DATA_KEY.test(key)) return [invalidValue(field, key, DATA_KEY_RULE)];
  if (key.length > 253) return [invalidValue(field, key, "must be no more than 253 characters")];
  return key === "." || key === ".." ? [invalidValue(field, key, `must not be '${key}'`)] : [];
}

function sizeOf(value: unknown, isBase64: boolean): number {
  return Buffer.byteLength(String(value), isBase64 ? "base64" : "utf8");
}

const configMap = builtIn({
  group: "",
  kind: "ConfigMap",
  plural: "configmaps",
  shortNames: ["cm"],
  schema: schemas.CONFIG_MAP_SCHEMA,
  columns: [NAME, { name: "Data", type: "string", cell: dataCount }, AGE],
  complete: (object) => withoutEmpty(withoutEmpty(object, "data"), "binaryData"),
  validate(object, old) {
    const binary = new Set(entriesOf(object["binaryData"]).map(([key]) => key));
    const twice = entriesOf(object["data"]).filter(([key]) => binary.has(key));
    return [
      ...twice.map(([key]) => invalidValue(`data[${key}]`, key, "duplicate of key present in binaryData")),
      ...validateData(object, old, ["data", "binaryData"]),
    ];
  },
});

const secret = builtIn({
  group: "",
  kind: "Secret",
  plural: "secrets",
  schema: schemas.SECRET_SCHEMA,
  columns: [
    NAME,
    { name: "Type", type: "string", cell: (object) => object["type"] },
    { name: "Data", type: "string", cell: dataCount },
    AGE,
  ],
  selectable: { type: (object) => textOf(object["type"]) },
  complete(object) {
    const { stringData, data, ...rest } = object;
    const added = entriesOf(stringData).map(([key, value]) => [key, Buffer.from(String(value)).toString("base64")]);
    const all: Json = { ...(isRecord(data) ? data : {}), ...Object.fromEntries(added) };
    const hasData = Object.keys(all).length > 0;
    return { ...rest, ...(hasData && { data: all }), type: object["type"] || "Opaque" };
  },
  validate(object, old) {
    const errors = validateData(object, old, ["data"]);
    if (old && old["type"] !== object["type"]) errors.push(invalidValue("type", object["type"], "field is immutable"));
    const needed = object["type"] === "kubernetes.io/tls" ? ["tls.crt", "tls.key"] : [];
    const present = new Set(entriesOf(object["data"]).map(([key]) => key));
    return [...errors, ...needed.filter((key) => !present.has(key)).map((key) => required(`data[${key}]`))];
  },
});

const namespace = builtIn({
  group: "",
  kind: "Namespace",
  plural: "namespaces",
  shortNames: ["ns"],
  namespaced: false,
  hasStatus: true,
  schema: schemas.NAMESPACE_SCHEMA,
  columns: [NAME, { name: "Status", type: "string", cell: (object) => recordOf(object["status"])["phase"] }, AGE],
  selectable: { "status.phase": (object) => textOf(recordOf(object["status"])["phase"]) },
  complete(object) {
    const { name, labels, deletionTimestamp } = object.metadata;
    const spec = object["spec"] ?? { finalizers: ["kubernetes"] };
    const status = { phase: deletionTimestamp ? "Terminating" : "Active" };
    const metadata = { ...object.metadata, labels: { ...labels, "kubernetes.io/metadata.name": name } };
    return { ...object, metadata, spec, status };
  },
});

const lease = builtIn({
  group: "coordination.k8s.io",
  kind: "Lease",
  plural: "leases",
  schema: schemas.LEASE_SCHEMA,
  columns: [
    NAME,
    { name: "Holder", type: "string", cell: (object) => recordOf(object["spec"])["holderIdentity"] ?? "" },
    AGE,
  ],
  validate(object) {
    const spec = recordOf(object["spec"]);
    const [seconds, transitions] = [spec["leaseDurationSeconds"], spec["leaseTransitions"]];
    const errors: FieldError[] = [];
    if (typeof seconds === "number" && seconds <= 0) {
      errors.push(invalidValue("spec.leaseDurationSeconds", seconds, "must be greater than 0"));
    }
    if (typeof transitions === "number" && transitions < 0) {
      errors.push(invalidValue("spec.leaseTransitions", transitions, "must be greater than or equal to 0"));
    }
    return errors;
  },
});

const about = (field: string) => (object: StoredObject) => textOf(recordOf(object["involvedObject"])[field]);

/** Of the core form, in which events are kept. */
const EVENT_FIELDS: Kind["selectable"] = {
  ...Object.fromEntries(
    ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"].map((field) => [
      `involvedObject.${field}`,
      about(field),
    ]),
  ),
  reason: (object) => textOf(object["reason"]),
  reportingComponent: (object) => textOf(object["reportingComponent"]),
  source: (object) => textOf(recordOf(object["source"])["component"]) || textOf(object["reportingComponent"]),
  type: (object) => textOf(object["type"]),
};

const coreEvent = builtIn({
  group: "",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  schema: schemas.CORE_EVENT_SCHEMA,
  columns: EVENT_COLUMNS,
  selectable: EVENT_FIELDS,
  complete: withEmptyFields,
  validate(object) {
    const { namespace: given } = recordOf(object["involvedObject"]);
    const isOther = given !== undefined && given !== object.metadata.namespace;
    const wrong = isOther ? [invalidValue("involvedObject.namespace", given, "does not match event.namespace")] : [];
    return [...wrong, ...validateAbout(object, object["involvedObject"])];
  },
});

const regarding = Object.fromEntries(
  Object.entries(EVENT_FIELDS).map(([name, read]) => [name.replace("involvedObject.", "regarding."), read]),
);

const event = builtIn({
  group: "events.k8s.io",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  table: coreEvent.table,
  schema: schemas.EVENT_SCHEMA,
  columns: EVENT_COLUMNS,
  selectable: regarding,
  validate: (object) => validateEvent(fromCoreEvent(object)),
  toTable: toCoreEvent,
  fromTable: fromCoreEvent,
});

export const BUILT_IN: readonly Kind[] = [namespace, configMap, secret, coreEvent, lease, event];
