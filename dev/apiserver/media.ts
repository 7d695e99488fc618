/** Which form of an answer a request accepts. Pure. */
import { notAcceptable } from "./status.ts";

/** As itself, as a Table for people, or its metadata alone. */
export type Form = "object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

const JSON_TYPES: readonly string[] = ["application/json", "application/*", "*/*"];
const ACCEPTED = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf;stream=watch",
];

export interface MediaType {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export function parseAccept(header: string | undefined): MediaType[] {
  if (!header) return [{ type: "*/*", parameters: {} }];
  return header.split(",").map((part) => {
    const [type = "", ...rest] = part.split(";").map((piece) => piece.trim());
    const parameters = Object.fromEntries(rest.map((piece) => piece.split("=") as [string, string]));
    return { type: type.toLowerCase(), parameters };
  });
}

/** The first accepted form that is served. Throws a 406 when there is none. */
export function negotiateForm(header: string | undefined): Form {
  for (const { type, parameters } of parseAccept(header)) {
    if (!JSON_TYPES.includes(type)) continue;
    const { as: form, g: group, v: version } = parameters;
    if (form === undefined) return "object";
    if (group === "meta.k8s.io" && version === "v1" && isForm(form)) return form;
  }
  throw notAcceptable(ACCEPTED);
}

function isForm(text: string): text is Form {
  return ["Table", "PartialObjectMetadata", "PartialObjectMetadataList"].includes(text);
}
