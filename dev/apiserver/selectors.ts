/** Label and field selectors. Pure. */
import { badRequest } from "./status.ts";
import type { Kind, StoredObject } from "./types.ts";

export type Selector = (object: StoredObject) => boolean;

type Requirement = (labels: Readonly<Record<string, string>>) => boolean;

const NAME = "[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?";
const SET = new RegExp(`^(${NAME})\\s+(in|notin)\\s+\\(([^()]*)\\)$`);
const EQUAL = new RegExp(`^(${NAME})\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)$`);
const EXISTS = new RegExp(`^(!?)\\s*(${NAME})$`);

/** An empty text selects everything. Throws a 400 for one that does not parse. */
export function labelSelector(text: string): Selector {
  const requirements = splitTopLevel(text).map(requirement);
  return ({ metadata }) => requirements.every((meets) => meets(metadata.labels ?? {}));
}

/** At the commas outside parentheses. */
function splitTopLevel(text: string): string[] {
  return text.trim() === "" ? [] : text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function requirement(text: string): Requirement {
  const set = SET.exec(text);
  if (set) return setRequirement(set);
  const [, key = "", operator, value] = EQUAL.exec(text) ?? [];
  if (operator !== undefined) {
    const wanted = operator !== "!=";
    return (labels) => (labels[key] === value) === wanted;
  }
  const [, not, name = ""] = EXISTS.exec(text) ?? [];
  if (not === undefined) throw badRequest(`unable to parse requirement: ${complaint(text)}`);
  return (labels) => name in labels === (not === "");
}

function setRequirement([, key = "", operator, list = ""]: RegExpExecArray): Requirement {
  const values = list.split(",").map((value) => value.trim());
  return (labels) => {
    const value = labels[key];
    const isIn = value !== undefined && values.includes(value);
    return operator === "in" ? isIn : !isIn;
  };
}

function complaint(text: string): string {
  if (text === "!") return "found '', expected: identifier";
  const extra = /[=!<>]=?\s*([^-A-Za-z0-9_.\s])/.exec(text)?.[1];
  return extra === undefined
    ? `found '${text}', expected: '=', '!=', '==', 'in', notin'`
    : `found '${extra}', expected: identifier`;
}

/** Throws a 400 for a field that the kind cannot be selected by. */
export function fieldSelector(text: string, kind: Kind): Selector {
  const fields: Kind["selectable"] = {
    "metadata.name": ({ metadata }) => metadata.name,
    ...(kind.namespaced && { "metadata.namespace": ({ metadata }: StoredObject) => metadata.namespace ?? "" }),
    ...kind.selectable,
  };
  const terms = splitTopLevel(text).map((term) => {
    const [, name = "", operator, value = ""] = /^(.*?)(==|!=|=)(.*)$/.exec(term) ?? [];
    if (operator === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const read = fields[name];
    if (!read) throw badRequest(unknownField(name, kind));
    const wanted = operator !== "!=";
    const plain = value.replaceAll(/\\([\\,=])/g, "$1");
    return (object: StoredObject) => (read(object) === plain) === wanted;
  });
  return (object) => terms.every((matches) => matches(object));
}

/** Kinds with no fields of their own have the text of another layer. */
function unknownField(name: string, kind: Kind): string {
  if (!kind.builtIn || Object.keys(kind.selectable).length > 0) return `field label not supported: ${name}`;
  return `"${name}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}
