/** From a path and method to what is done. */
import { type Context, getObject, type Target } from "./context.ts";
import { decode, type FieldValidation, parseBody } from "./decode.ts";
import { deleteObject, deleteOptions } from "./delete.ts";
import { AGGREGATED_TYPE, discover, isAggregated, isMissing } from "./discovery.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { notSupported as notSupportedValue } from "./field-errors.ts";
import { listAs, objectAs } from "./forms.ts";
import { listPage, selectorOf } from "./list.ts";
import { type Form, negotiateForm, parseAccept } from "./media.ts";
import { openapiV3 } from "./openapi.ts";
import { patchObject } from "./patch.ts";
import {
  badRequest,
  invalid,
  methodNotAllowed,
  notFound,
  notImplemented,
  notSupported,
  unknownResource,
  unsupportedMediaType,
} from "./status.ts";
import type { Json, Kind, StoredObject } from "./types.ts";
import { createObject, updateObject, type WriteOptions } from "./write.ts";

export interface Server {
  readonly url: string;
  readonly version: string;
}

/** Throws a StatusError for every request that cannot be served. */
export function answer(context: Context, exchange: Exchange, server: Server): Answer {
  const place = placeOf(exchange.path);
  const kind = place && context.registry.find(place.group, place.version, place.plural);
  if (place && kind) return answerKind(context, exchange, place, kind);
  if (exchange.method === "GET") {
    const found = answerOther(context, exchange, server);
    if (found) return found;
  }
  if (place && isMissing(place.group, place.plural)) {
    throw notImplemented([place.plural, place.group].filter(Boolean).join("."));
  }
  if (place && isBuiltIn(context, place)) throw unknownResource();
  return { code: 404, text: "404 page not found\n" };
}

function isBuiltIn({ registry }: Context, { group, version }: Place): boolean {
  return registry.all().some((kind) => kind.builtIn && kind.group === group && kind.version === version);
}

interface Place {
  readonly group: string;
  readonly version: string;
  readonly namespace?: string | undefined;
  readonly plural: string;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** Of `/api/v1/…` and `/apis/<group>/<version>/…`, when there is something below the version. */
function placeOf(path: string): Place | undefined {
  const parts = path.split("/").slice(1).map(decoded);
  if (parts.at(-1) === "") parts.pop();
  const root = parts.shift();
  if (root !== "api" && root !== "apis") return undefined;
  const group = root === "api" ? "" : (parts.shift() ?? "");
  const [version = "", ...rest] = parts;
  const isInside =
    rest[0] === "namespaces" &&
    rest.length > 2 &&
    !(rest.length === 3 && ["status", "finalize"].includes(rest[2] ?? ""));
  const [plural, name, subresource, ...more] = isInside ? rest.slice(2) : rest;
  if (plural === undefined || more.length > 0) return undefined;
  return { group, version, plural, name, subresource, ...(isInside && { namespace: rest[1] }) };
}

/** Throws a 400. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`invalid URL escape in ${JSON.stringify(segment)}`);
  }
}

function answerOther({ registry }: Context, { path, accept }: Exchange, server: Server): Answer | undefined {
  if (["/healthz", "/livez", "/readyz"].includes(path)) return { code: 200, text: "ok" };
  if (path === "/version") return { code: 200, json: versionOf(server.version) };
  if (path.startsWith("/openapi/v2")) throw notImplemented("OpenAPI v2");
  const openapi = path.startsWith("/openapi/v3") ? openapiV3(path, registry) : undefined;
  if (openapi) return { code: 200, json: openapi };
  const found = discover(path, registry, parseAccept(accept), server.url);
  return found && { code: 200, json: found, ...(isAggregated(found) && { type: AGGREGATED_TYPE }) };
}

function versionOf(gitVersion: string): Json {
  const [major = "", minor = ""] = gitVersion.slice(1).split(".");
  return { major, minor, gitVersion, gitTreeState: "clean", platform: `${process.platform}/${process.arch}` };
}

function answerKind(context: Context, exchange: Exchange, place: Place, kind: Kind): Answer {
  const { name, namespace, subresource } = place;
  if (subresource !== undefined && !(subresource === "status" && kind.hasStatus)) {
    if (kind.builtIn && subresource === "finalize") throw notImplemented("finalize subresource");
    throw kind.builtIn || name === undefined ? unknownResource() : notFound(kind, name);
  }
  // Objects of namespaced kinds are only found in their namespace, and others never in one.
  if (kind.namespaced ? name !== undefined && namespace === undefined : namespace !== undefined)
    throw unknownResource();
  const form = negotiateForm(exchange.accept);
  if (name === undefined) return answerCollection(context, exchange, kind, namespace, form);
  const target = { kind, namespace, name };
  return answerObject(context, exchange, target, subresource === "status" ? "status" : undefined, form);
}

function answerCollection(
  context: Context,
  exchange: Exchange,
  kind: Kind,
  namespace: string | undefined,
  form: Form,
): Answer {
  const { method, query } = exchange;
  if (method === "GET") {
    if (/^(true|1)$/.test(query.get("watch") ?? "")) return { watch: { kind, namespace, query, form } };
    const { objects, meta } = listPage(context, kind, namespace, query);
    return { code: 200, json: listAs(objects, kind, meta, form, context.now()) };
  }
  if (method === "POST") {
    if (kind.namespaced && namespace === undefined) throw methodNotAllowed();
    const { object, warnings } = decode(readBody(exchange, kind), kind, validationOf(query));
    const created = createObject(context, kind, namespace, object, writeOptions(exchange));
    return { code: 201, json: objectAs(created, kind, form, context.now()), warnings };
  }
  if (method === "DELETE") return deleteCollection(context, exchange, kind, namespace);
  throw methodNotAllowed();
}

function deleteCollection(context: Context, exchange: Exchange, kind: Kind, namespace: string | undefined): Answer {
  if (kind.namespaced && namespace === undefined) throw methodNotAllowed();
  const options = deleteOptions(optionalBody(exchange, kind), exchange.query);
  const found = context.storage.list(kind.table).filter(selectorOf(kind, namespace, exchange.query));
  for (const { metadata } of found) deleteObject(context, { kind, namespace, name: metadata.name }, options);
  const meta = { resourceVersion: String(context.storage.revision) };
  return { code: 200, json: listAs(found, kind, meta, "object", context.now()) };
}

function answerObject(
  context: Context,
  exchange: Exchange,
  target: Target,
  subresource: "status" | undefined,
  form: Form,
): Answer {
  const { kind } = target;
  const { method, query, contentType, text } = exchange;
  const show = (object: StoredObject, code = 200, warnings: readonly string[] = []): Answer => ({
    code,
    json: objectAs(object, kind, form, context.now()),
    warnings,
  });
  const options = writeOptions(exchange, subresource);
  switch (method) {
    case "GET":
      return show(getObject(context, target));
    case "PUT": {
      const { object, warnings } = decode(readBody(exchange, kind), kind, validationOf(query));
      return show(
        updateObject(context, target, () => object, options),
        200,
        warnings,
      );
    }
    case "PATCH": {
      const patched = patchObject(context, target, { contentType, text, validation: validationOf(query), options });
      return show(patched.object, patched.isNew ? 201 : 200, patched.warnings);
    }
    case "DELETE":
      if (subresource) throw notSupported(kind, "delete");
      return deleteOne(context, exchange, target, show);
    default:
      throw methodNotAllowed();
  }
}

function deleteOne(
  context: Context,
  exchange: Exchange,
  target: Target,
  show: (object: StoredObject) => Answer,
): Answer {
  const { kind, name } = target;
  const { object, isGone } = deleteObject(context, target, deleteOptions(optionalBody(exchange, kind), exchange.query));
  if (!isGone) return show(object);
  const details = {
    name,
    ...(kind.group !== "" && { group: kind.group }),
    kind: kind.plural,
    uid: object.metadata.uid,
  };
  return { code: 200, json: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details } };
}

const JSON_TYPE = "application/json";
const YAML_TYPE = "application/yaml";
const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";
const BODY_TYPES = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE];

function readBody({ contentType, text }: Exchange, kind: Kind): unknown {
  if (contentType === PROTOBUF_TYPE) throw notImplemented("support for bodies in protobuf, which kubectl create sends");
  if (contentType !== "" && contentType !== JSON_TYPE && contentType !== YAML_TYPE)
    throw unsupportedMediaType(BODY_TYPES);
  return parseBody(text, contentType === YAML_TYPE, kind);
}

function optionalBody(exchange: Exchange, kind: Kind): unknown {
  return exchange.text === "" ? undefined : readBody(exchange, kind);
}

const VALIDATIONS = ["", "Ignore", "Strict", "Warn"];

/** Throws a 422. */
function validationOf(query: URLSearchParams): FieldValidation {
  const asked = query.get("fieldValidation") || "Warn";
  if (asked === "Strict" || asked === "Warn" || asked === "Ignore") return asked;
  const wrong = notSupportedValue("fieldValidation", asked, VALIDATIONS);
  throw invalid({ group: "meta.k8s.io", kind: "CreateOptions" }, "", [wrong]);
}

/** A writer without a name is known by its program. */
function writeOptions({ query, userAgent }: Exchange, subresource?: "status"): WriteOptions {
  const manager = query.get("fieldManager") || userAgent.split("/")[0] || "unknown";
  return { manager, dryRun: query.has("dryRun"), subresource };
}
