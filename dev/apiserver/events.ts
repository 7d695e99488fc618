/** The two faces of an event: events.k8s.io/v1, and the core form in which it is kept. Pure. */
import { invalidValue, required } from "./field-errors.ts";
import { recordOf, textOf } from "./fields.ts";
import type { FieldError, StoredObject } from "./types.ts";

/** The name in events.k8s.io/v1, and in core/v1. */
const RENAMED: readonly (readonly [string, string])[] = [
  ["note", "message"],
  ["regarding", "involvedObject"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
];

export function toCoreEvent(event: StoredObject): StoredObject {
  return withEmptyFields({ ...renamed(event, new Map(RENAMED)), apiVersion: "v1" });
}

export function fromCoreEvent(event: StoredObject): StoredObject {
  const names = new Map(RENAMED.map(([name, core]) => [core, name]));
  return { ...renamed(event, names), apiVersion: "events.k8s.io/v1" };
}

function renamed(event: StoredObject, names: ReadonlyMap<string, string>): StoredObject {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [names.get(name) ?? name, value]),
  ) as StoredObject;
}

/** Go writes these even when they are empty. */
export function withEmptyFields(event: StoredObject): StoredObject {
  return {
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: "",
    reportingInstance: "",
    involvedObject: {},
    ...event,
  };
}

const NOTE_BYTES = 1024;

/** Of what an event is about: without a namespace it is in `default`. */
export function validateAbout(event: StoredObject, reference: unknown): FieldError[] {
  const { namespace } = recordOf(reference);
  if (namespace || event.metadata.namespace === "default") return [];
  return [invalidValue("involvedObject.namespace", "", "does not match event.namespace")];
}

/** What events.k8s.io/v1 asks of a new event; `event` is in that form. */
export function validateEvent(event: StoredObject): FieldError[] {
  const errors = validateAbout(event, event["regarding"]);
  if (!event["eventTime"]) errors.push(required("eventTime"));
  for (const field of ["reportingController", "reportingInstance", "action", "reason"]) {
    if (!event[field]) errors.push(required(field));
  }
  const type = textOf(event["type"]);
  if (type !== "Normal" && type !== "Warning") errors.push(invalidValue("type", "", `has invalid value: ${type}`));
  if (Buffer.byteLength(textOf(event["note"])) > NOTE_BYTES) {
    errors.push(invalidValue("message", "", "can have at most 1024 characters"));
  }
  return errors;
}
