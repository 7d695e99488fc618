/** The schemas of the built-in kinds, as far as they decide what is kept and what has the wrong type. */
import { OBJECT_META } from "./schema/object-meta.ts";
import type { Schema } from "./types.ts";

const STRING: Schema = { type: "string" };
const INTEGER: Schema = { type: "integer" };
const BOOLEAN: Schema = { type: "boolean" };
const TIME: Schema = { type: "string", nullable: true };
const STRINGS: Schema = { type: "object", additionalProperties: STRING };
const ANYTHING: Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** A kind's own fields, and those that every kind has. */
function kindSchema(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", properties: { apiVersion: STRING, kind: STRING, metadata: OBJECT_META, ...properties } };
}

export const CONFIG_MAP_SCHEMA = kindSchema({ data: STRINGS, binaryData: STRINGS, immutable: BOOLEAN });

export const SECRET_SCHEMA = kindSchema({ data: STRINGS, stringData: STRINGS, immutable: BOOLEAN, type: STRING });

export const NAMESPACE_SCHEMA = kindSchema({
  spec: { type: "object", properties: { finalizers: { type: "array", items: STRING } } },
  status: { type: "object", properties: { phase: STRING, conditions: { type: "array", items: ANYTHING } } },
});

export const LEASE_SCHEMA = kindSchema({
  spec: {
    type: "object",
    properties: {
      holderIdentity: STRING,
      leaseDurationSeconds: INTEGER,
      acquireTime: TIME,
      renewTime: TIME,
      leaseTransitions: INTEGER,
      strategy: STRING,
      preferredHolder: STRING,
    },
  },
});

const REFERENCE: Schema = {
  type: "object",
  "x-kubernetes-map-type": "atomic",
  properties: {
    apiVersion: STRING,
    kind: STRING,
    name: STRING,
    namespace: STRING,
    uid: STRING,
    resourceVersion: STRING,
    fieldPath: STRING,
  },
};
const SERIES: Schema = { type: "object", properties: { count: INTEGER, lastObservedTime: TIME } };
const SOURCE: Schema = { type: "object", properties: { component: STRING, host: STRING } };

export const EVENT_SCHEMA = kindSchema({
  eventTime: TIME,
  series: SERIES,
  reportingController: STRING,
  reportingInstance: STRING,
  action: STRING,
  reason: STRING,
  regarding: REFERENCE,
  related: REFERENCE,
  note: STRING,
  type: STRING,
  deprecatedSource: SOURCE,
  deprecatedFirstTimestamp: TIME,
  deprecatedLastTimestamp: TIME,
  deprecatedCount: INTEGER,
});

export const CORE_EVENT_SCHEMA = kindSchema({
  eventTime: TIME,
  series: SERIES,
  reportingComponent: STRING,
  reportingInstance: STRING,
  action: STRING,
  reason: STRING,
  involvedObject: REFERENCE,
  related: REFERENCE,
  message: STRING,
  type: STRING,
  source: SOURCE,
  firstTimestamp: TIME,
  lastTimestamp: TIME,
  count: INTEGER,
});

export const CRD_SCHEMA = kindSchema({ spec: ANYTHING, status: ANYTHING });
