/** What the parts of the embedded API server say to each other. */
import type { ManagedField, ObjectMeta } from "../../src/runtime/kube.ts";

export type Json = Record<string, unknown>;

export interface StoredMeta extends Omit<ObjectMeta, "managedFields"> {
  generateName?: string;
  deletionGracePeriodSeconds?: number;
  selfLink?: string;
  managedFields?: FieldOwner[];
}

/** One entry of metadata.managedFields as the API server writes it. */
export interface FieldOwner extends ManagedField {
  apiVersion?: string;
  fieldsType?: string;
}

/** An object as it is kept: never changed in place. */
export interface StoredObject {
  apiVersion: string;
  kind: string;
  metadata: StoredMeta;
  [field: string]: unknown;
}

export type FieldErrorType =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueTypeInvalid"
  | "FieldValueDuplicate"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany";

/** One reason why an object is invalid. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** Such as `spec.items[0].name`; empty for the whole object. */
  readonly field: string;
  /** Without the field. */
  readonly message: string;
}

export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** The part of a structural schema that is understood; schema/support.ts refuses the rest. */
export interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "boolean" | "number";
  readonly description?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-validations"?: readonly ValidationRule[];
  /** Key of a list that a strategic merge patch merges. */
  readonly "x-kubernetes-patch-merge-key"?: string;
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly cell: (object: StoredObject, now: number) => unknown;
}

/** One version of one kind of object, built in or from a CRD. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Kinds with the same table are views of the same objects. */
  readonly table: string;
  readonly schema: Schema;
  /** Built-in kinds refuse a value of the wrong type when they decode it (400), custom ones when they validate it (422). */
  readonly builtIn: boolean;
  /** Whether `status` is written through its own subresource only. */
  readonly hasStatus: boolean;
  /** Whether metadata.generation counts the changes outside metadata and status. */
  readonly hasGeneration: boolean;
  readonly columns: readonly Column[];
  /** Beyond metadata.name and metadata.namespace. */
  readonly selectable: Readonly<Record<string, (object: StoredObject) => string>>;
  /** Puts defaults in. */
  readonly complete: (object: StoredObject) => StoredObject;
  /** Adds to what was found in the metadata. */
  readonly validate: (
    object: StoredObject,
    old: StoredObject | undefined,
    found: readonly FieldError[],
  ) => readonly FieldError[];
  /** From this kind's form to the table's, and back; absent when they are the same. */
  readonly toTable?: (object: StoredObject) => StoredObject;
  readonly fromTable?: (object: StoredObject) => StoredObject;
}

export function apiVersionOf({ group, version }: Pick<Kind, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

/** As error messages name it: `configmaps`, `maildomains.o365sync.dev`. */
export function qualified(name: string, group: string): string {
  return group === "" ? name : `${name}.${group}`;
}

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
