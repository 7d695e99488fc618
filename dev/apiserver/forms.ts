/** Objects and lists as they are answered: whole, as metadata only, or as a Table. Pure. */
import type { Form } from "./media.ts";
import { apiVersionOf, type Json, type Kind, type StoredObject } from "./types.ts";

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** From the table's form to the kind's own. */
export function viewOf(object: StoredObject, kind: Kind): StoredObject {
  return kind.fromTable?.(object) ?? object;
}

export function objectAs(object: StoredObject, kind: Kind, form: Form, now: number): Json {
  if (form === "Table")
    return tableOf([object], kind, { resourceVersion: object.metadata.resourceVersion ?? "" }, now, true);
  return form === "object" ? viewOf(object, kind) : partialOf(object);
}

export function listAs(objects: readonly StoredObject[], kind: Kind, meta: ListMeta, form: Form, now: number): Json {
  if (form === "Table") return tableOf(objects, kind, meta, now, true);
  if (form !== "object") {
    // Go writes a list that was never begun as null; clients must bear it.
    const items = objects.length === 0 ? null : objects.map(partialOf);
    return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata: meta, items };
  }
  return {
    kind: kind.listKind,
    apiVersion: apiVersionOf(kind),
    metadata: meta,
    items: objects.map((one) => itemOf(one, kind)),
  };
}

/** Items of built-in lists do not repeat what they are. */
function itemOf(object: StoredObject, kind: Kind): Json {
  const view = viewOf(object, kind);
  if (!kind.builtIn) return view;
  const { apiVersion: _, kind: __, ...rest } = view;
  return rest;
}

/** `hasColumns` is false for all but the first event of a watch. */
export function tableOf(
  objects: readonly StoredObject[],
  kind: Kind,
  meta: ListMeta,
  now: number,
  hasColumns: boolean,
): Json {
  const columnDefinitions = kind.columns.map(({ name, type, format = "", priority = 0, description = "" }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  const rows = objects.map((object) => ({
    cells: kind.columns.map(({ cell }) => cell(object, now) ?? null),
    object: partialOf(object),
  }));
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: meta,
    columnDefinitions: hasColumns ? columnDefinitions : null,
    rows,
  };
}

export function partialOf({ metadata }: StoredObject): Json {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}
