/** The schema of metadata, and what names and labels may look like. */
import { forbiddenField, invalidValue, required } from "../field-errors.ts";
import type { FieldError, Kind, Schema, StoredObject } from "../types.ts";

const STRINGS: Schema = { type: "object", additionalProperties: { type: "string" } };
const STRING: Schema = { type: "string" };
const TIME: Schema = { type: "string", nullable: true };

export const OBJECT_META: Schema = {
  type: "object",
  properties: {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    selfLink: STRING,
    uid: STRING,
    resourceVersion: STRING,
    generation: { type: "integer" },
    creationTimestamp: TIME,
    deletionTimestamp: TIME,
    deletionGracePeriodSeconds: { type: "integer" },
    labels: STRINGS,
    annotations: STRINGS,
    finalizers: { type: "array", items: STRING, "x-kubernetes-list-type": "set" },
    ownerReferences: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["uid"],
      "x-kubernetes-patch-merge-key": "uid",
      items: {
        type: "object",
        properties: {
          apiVersion: STRING,
          kind: STRING,
          name: STRING,
          uid: STRING,
          controller: { type: "boolean" },
          blockOwnerDeletion: { type: "boolean" },
        },
      },
    },
    managedFields: {
      type: "array",
      items: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    },
  },
};

const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const KEY_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const ANNOTATIONS_BYTES = 256 * 1024;

export function validateMetadata(kind: Kind, { metadata }: StoredObject): FieldError[] {
  const { name, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  const owners = ownerReferences.flatMap((owner, index) =>
    (["apiVersion", "kind", "name", "uid"] as const).flatMap((field) =>
      owner[field] ? [] : [required(`metadata.ownerReferences[${index}].${field}`, "must not be empty")],
    ),
  );
  return [
    ...validateName(name, kind.table === "namespaces"),
    ...Object.entries(labels).flatMap(([key, value]) => [
      ...validateKey(key, "metadata.labels"),
      ...validateLabelValue(value),
    ]),
    ...Object.keys(annotations).flatMap((key) => validateKey(key.toLowerCase(), "metadata.annotations")),
    ...validateAnnotationSize(annotations),
    ...owners,
  ];
}

function validateName(name: string | undefined, isLabel: boolean): FieldError[] {
  if (!name) return [required("metadata.name", "name or generateName is required")];
  const most = isLabel ? 63 : 253;
  const errors: FieldError[] = [];
  if (name.length > most) errors.push(invalidValue("metadata.name", name, `must be no more than ${most} bytes`));
  if (isLabel && name.includes(".")) return [...errors, invalidValue("metadata.name", name, "must not contain dots")];
  const [format, rule] = isLabel ? [LABEL, LABEL_RULE] : [SUBDOMAIN, SUBDOMAIN_RULE];
  if (!format.test(name)) errors.push(invalidValue("metadata.name", name, rule));
  return errors;
}

function validateKey(key: string, field: string): FieldError[] {
  const parts = key.split("/");
  const [prefix, name = ""] = parts.length === 1 ? [undefined, key] : parts;
  const errors: FieldError[] = [];
  if (parts.length > 2)
    return [
      invalidValue(
        field,
        key,
        `a valid label key must ${KEY_RULE.slice("name part must ".length)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ),
    ];
  if (prefix === "") errors.push(invalidValue(field, key, "prefix part must be non-empty"));
  else if (prefix !== undefined && !SUBDOMAIN.test(prefix))
    errors.push(invalidValue(field, key, `prefix part ${SUBDOMAIN_RULE}`));
  if (name === "") errors.push(invalidValue(field, key, "name part must be non-empty"));
  else if (name.length > 63) errors.push(invalidValue(field, key, "name part must be no more than 63 bytes"));
  if (!NAME_PART.test(name)) errors.push(invalidValue(field, key, KEY_RULE));
  return errors;
}

function validateLabelValue(value: string): FieldError[] {
  const errors: FieldError[] = [];
  if (value.length > 63) errors.push(invalidValue("metadata.labels", value, "must be no more than 63 bytes"));
  if (!LABEL_VALUE.test(value)) errors.push(invalidValue("metadata.labels", value, VALUE_RULE));
  return errors;
}

function validateAnnotationSize(annotations: Readonly<Record<string, string>>): FieldError[] {
  const entries = Object.entries(annotations);
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (bytes <= ANNOTATIONS_BYTES) return [];
  const message = `Too long: may not be more than ${ANNOTATIONS_BYTES} bytes`;
  return [{ type: "FieldValueTooLong", field: "metadata.annotations", message }];
}

/** What an update may not change. */
export function validateMetadataUpdate(
  { metadata: next }: StoredObject,
  { metadata: old }: StoredObject,
): FieldError[] {
  const added = (next.finalizers ?? []).filter((one) => !old.finalizers?.includes(one));
  if (!old.deletionTimestamp || added.length === 0) return [];
  return [
    forbiddenField(
      "metadata.finalizers",
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => JSON.stringify(one)).join(", ")}}`,
    ),
  ];
}
