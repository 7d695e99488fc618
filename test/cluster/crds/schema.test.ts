/** Rules that every field of the schemas keeps. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Kind, readKinds, type Schema } from "../../../scripts/generate/crd.ts";

interface Field {
  readonly path: string;
  readonly schema: Schema;
}

const kinds = readKinds(fileURLToPath(new URL("../../../crds", import.meta.url)));

function walk(path: string, schema: Schema): Field[] {
  const children = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => walk(`${path}.${name}`, child));
  return [{ path, schema }, ...children, ...(schema.items ? walk(`${path}[]`, schema.items) : [])];
}

const fieldsOf = ({ kind, name, spec, status }: Kind): Field[] => [
  ...walk(`${kind}.metadata.name`, name),
  ...walk(`${kind}.spec`, spec),
  ...walk(`${kind}.status`, status),
];

const fields = kinds.flatMap(fieldsOf);

/** Paths of the fields of one type that break a rule. */
const breaking = (type: Schema["type"] | "any", broken: (schema: Schema) => boolean): string[] =>
  fields.filter(({ schema }) => (type === "any" || schema.type === type) && broken(schema)).map(({ path }) => path);

const rules = fields.flatMap(({ path, schema }) =>
  (schema["x-kubernetes-validations"] ?? []).map((rule) => ({ path, ...rule })),
);

describe("In the CRDs", () => {
  it("both kinds are described", () => {
    expect(kinds.map(({ kind, description }) => [kind, description.length > 20])).toEqual([
      ["MailDomain", true],
      ["O365Sync", true],
    ]);
  });

  it("every field has a description that is a sentence", () => {
    expect(breaking("any", ({ description = "" }) => !/^[A-Z].{3,}\.$/s.test(description))).toEqual([]);
  });

  it("every field has one of five types, and none is a float", () => {
    const types = ["object", "array", "string", "integer", "boolean"];
    expect(breaking("any", ({ type }) => !types.includes(type))).toEqual([]);
  });

  it("every string has a longest length or a set of values", () => {
    expect(breaking("string", ({ maxLength, enum: values }) => maxLength === undefined && !values)).toEqual([]);
  });

  it("every integer has a format and a smallest value or a set of values", () => {
    const broken = ({ format, minimum, enum: values }: Schema): boolean =>
      !format || (minimum === undefined && !values);
    expect(breaking("integer", broken)).toEqual([]);
  });

  it("every integer of a spec has a largest value or a set of values", () => {
    const broken = breaking("integer", ({ maximum, enum: values }) => maximum === undefined && !values);
    expect(broken.filter((path) => path.includes(".spec"))).toEqual([]);
  });

  it("every list says how it is merged, how long it may be and what it holds", () => {
    const broken = (list: Schema): boolean => !list["x-kubernetes-list-type"] || !list.maxItems || !list.items;
    expect(breaking("array", broken)).toEqual([]);
  });

  it("every list that is a map names its keys, and they are required", () => {
    const broken = (list: Schema): boolean => {
      const keys = list["x-kubernetes-list-map-keys"] ?? [];
      const asMap = list["x-kubernetes-list-type"] === "map";
      return asMap !== keys.length > 0 || !keys.every((key) => list.items?.required?.includes(key));
    };
    expect(breaking("array", broken)).toEqual([]);
  });

  it("every object lists its fields, but for the one that has none", () => {
    expect(breaking("object", ({ properties }) => properties === undefined)).toEqual([
      "O365Sync.spec.credentials.workloadIdentity",
    ]);
  });

  it("every required field exists", () => {
    expect(
      breaking("object", ({ required = [], properties = {} }) => !required.every((name) => properties[name])),
    ).toEqual([]);
  });

  it("no object with rules has an empty default, which would leave the rules without their fields", () => {
    expect(breaking("object", ({ default: preset }) => JSON.stringify(preset) === "{}")).toEqual([]);
  });

  it.each(rules)("$path: a rule says what must be: $message", ({ rule, message }) => {
    expect(rule).not.toBe("");
    expect(message).toMatch(/^must /);
  });
});
