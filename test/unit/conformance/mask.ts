/** Takes out of an answer what differs from run to run. Pure. */

const VOLATILE: Readonly<Record<string, string>> = {
  uid: "<uid>",
  resourceVersion: "<version>",
  creationTimestamp: "<time>",
  deletionTimestamp: "<time>",
  time: "<time>",
  continue: "<token>",
};

/** `names` are replaced wherever they stand; keys are sorted, and of managedFields the entries too: their order tells nothing. */
export function mask(value: unknown, names: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") return maskText(value, names);
  if (Array.isArray(value)) return value.map((item) => mask(item, names));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [maskText(key, names), maskField(key, child, names)]));
}

function maskField(key: string, value: unknown, names: Readonly<Record<string, string>>): unknown {
  const text = VOLATILE[key];
  if (text !== undefined && typeof value === "string" && value !== "") return text;
  if (key === "managedFields" && Array.isArray(value)) return value.map((one) => mask(one, names)).sort(byOwner);
  // Kinds of custom resources are listed in the order of a map.
  if (key === "resources" && Array.isArray(value)) return value.map((one) => mask(one, names)).sort(byName);
  // Of columns the long descriptions are left out, which kubectl does not print.
  if (key === "columnDefinitions" && Array.isArray(value)) {
    return value.map((column) => mask({ ...(column as object), description: undefined }, names));
  }
  return mask(value, names);
}

const nameOf = (one: unknown): string => (one as { name?: string }).name ?? "";
const byName = (a: unknown, b: unknown): number => (nameOf(a) < nameOf(b) ? -1 : 1);

function byOwner(a: unknown, b: unknown): number {
  const text = (one: unknown): string => Object.values({ ...(one as object), fieldsV1: "" }).join();
  return text(a) < text(b) ? -1 : 1;
}

/** Ages, ids, numbers of versions and times inside texts. */
export function maskText(text: string, names: Readonly<Record<string, string>>): string {
  let masked = text;
  for (const [name, replacement] of Object.entries(names)) masked = masked.replaceAll(name, replacement);
  return masked
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uid>")
    .replaceAll(
      /\b(resource version|ResourceVersion in precondition|ResourceVersion in object meta|current): \d+( \(\d+\))?/g,
      "$1: <version>",
    )
    .replaceAll(/"\{\\"apiVersion(?:[^"\\]|\\.)*"/g, '"<object>"')
    .replaceAll(/scheme\.go:\d+/g, "scheme.go:<line>")
    .replaceAll(/(ResourceVersion in (?:the precondition|record)) \(\d+\)/g, "$1 (<version>)")
    .replaceAll(/\b20(2[6-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>")
    .replaceAll(/(?<=^|\s)(\d{1,2}s|\d+y(\d+d)?)(?=$|\s)/g, "<age>");
}
