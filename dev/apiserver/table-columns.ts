/** The columns that `kubectl get` prints, beyond those that a CRD names. */
import { recordOf, textOf } from "./fields.ts";
import { age } from "./times.ts";
import type { Column, StoredObject } from "./types.ts";

export const NAME: Column = { name: "Name", type: "string", format: "name", cell: ({ metadata }) => metadata.name };

export const AGE: Column = {
  name: "Age",
  type: "string",
  cell: ({ metadata }, now) => age(metadata.creationTimestamp, now),
};

const text = (field: string) => (object: StoredObject) => textOf(object[field]);

function objectText(object: StoredObject): string {
  const { kind = "", name = "" } = recordOf(object["involvedObject"]);
  return name === "" ? String(kind).toLowerCase() : `${String(kind).toLowerCase()}/${String(name)}`;
}

function sourceText(object: StoredObject): string {
  const { component, host } = recordOf(object["source"]);
  const names = [component || object["reportingComponent"], host || object["reportingInstance"]];
  return names.filter(Boolean).join(", ");
}

function lastSeen(object: StoredObject): unknown {
  return recordOf(object["series"])["lastObservedTime"] ?? object["lastTimestamp"] ?? firstSeen(object);
}

function firstSeen(object: StoredObject): unknown {
  return object["firstTimestamp"] ?? object["eventTime"];
}

/** Of the core form. */
export const EVENT_COLUMNS: readonly Column[] = [
  { name: "Last Seen", type: "string", cell: (object, now) => age(lastSeen(object), now) },
  { name: "Type", type: "string", cell: text("type") },
  { name: "Reason", type: "string", cell: text("reason") },
  { name: "Object", type: "string", cell: objectText },
  {
    name: "Subobject",
    type: "string",
    priority: 1,
    cell: (object) => recordOf(object["involvedObject"])["fieldPath"] ?? "",
  },
  { name: "Source", type: "string", priority: 1, cell: sourceText },
  { name: "Message", type: "string", cell: (object) => text("message")(object).trim() },
  { name: "First Seen", type: "string", priority: 1, cell: (object, now) => age(firstSeen(object), now) },
  {
    name: "Count",
    type: "string",
    priority: 1,
    cell: (object) => recordOf(object["series"])["count"] ?? object["count"] ?? 1,
  },
  { name: "Name", type: "string", format: "name", priority: 1, cell: ({ metadata }) => metadata.name },
];
