/** The installation's own keys, and to whom they are lent: by namespace, tenant and client id. Pure. */
import type { O365Sync } from "../../api/types.generated.ts";

/** How the installation's own app registration proves itself. Files are read each time, so that they can be renewed. */
export type AppProof =
  | { readonly kind: "clientSecret"; readonly secretFile: string }
  | { readonly kind: "certificate"; readonly certificateFile: string; readonly keyFile: string }
  | { readonly kind: "workloadIdentity" };

export interface SharedAccess {
  /** Stands in where an object has no credentials. */
  readonly app?: { readonly clientId: string; readonly proof: AppProof };
  readonly allow: readonly Grant[];
}

/** Ids are lower-case GUIDs. */
export interface Grant {
  readonly namespaces: readonly string[];
  readonly tenants: readonly string[];
  readonly clientIds: readonly string[];
}

export const NOTHING_SHARED: SharedAccess = { allow: [] };

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A tenant must be named by its GUID: a domain name can change hands. */
export function isAllowed({ allow }: SharedAccess, object: O365Sync, clientId: string): boolean {
  const tenant = object.spec.tenantId.toLowerCase();
  return (
    GUID.test(tenant) &&
    allow.some(
      ({ namespaces, tenants, clientIds }) =>
        namespaces.includes(object.metadata.namespace ?? "") &&
        tenants.includes(tenant) &&
        clientIds.includes(clientId.toLowerCase()),
    )
  );
}

/**
 * Reads the content of a `--shared-access` file:
 * `{"app": {"clientId", "clientSecretFile" | "certificateFile" and "privateKeyFile" | "workloadIdentity": true},
 *   "allow": [{"namespaces": [], "tenants": [], "clientIds": []}]}`; `clientIds` absent means the app's own. With
 * workloadIdentity `clientId` may be absent: `podClientId` then, as the webhook of Azure workload identity injects it.
 * Throws an Error that lists everything wrong with it, by field.
 */
export function parseSharedAccess(text: string, podClientId?: string): SharedAccess {
  const problems: string[] = [];
  const root = object(parseJson(text), "the file", problems);
  unknownKeys(root, ["app", "allow"], "", problems);
  const app = root["app"] === undefined ? undefined : parseApp(root["app"], podClientId, problems);
  const entries = root["allow"] ?? [];
  if (!Array.isArray(entries)) problems.push("allow: must be a list");
  const allow = (Array.isArray(entries) ? entries : []).map((entry, index) =>
    parseGrant(entry, `allow[${index}]`, app?.clientId, problems),
  );
  if (problems.length > 0) throw new Error(problems.join("; "));
  return app === undefined ? { allow } : { app, allow };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("not valid JSON");
  }
}

function parseApp(
  value: unknown,
  podClientId: string | undefined,
  problems: string[],
): NonNullable<SharedAccess["app"]> {
  const app = object(value, "app", problems);
  unknownKeys(
    app,
    ["clientId", "clientSecretFile", "certificateFile", "privateKeyFile", "workloadIdentity"],
    "app.",
    problems,
  );
  const { clientSecretFile, certificateFile, privateKeyFile, workloadIdentity } = app;
  const fallback = workloadIdentity === true ? podClientId : undefined;
  const [clientId = ""] = guids([app["clientId"] ?? fallback], "app.clientId", problems);
  const proofs: AppProof[] = [];
  if (typeof clientSecretFile === "string") proofs.push({ kind: "clientSecret", secretFile: clientSecretFile });
  if (typeof certificateFile === "string" && typeof privateKeyFile === "string")
    proofs.push({ kind: "certificate", certificateFile, keyFile: privateKeyFile });
  if (workloadIdentity === true) proofs.push({ kind: "workloadIdentity" });
  const [proof = { kind: "workloadIdentity" }, second] = proofs;
  if (proofs.length === 0 || second !== undefined)
    problems.push(
      "app: must have exactly one of clientSecretFile, certificateFile with privateKeyFile, and workloadIdentity",
    );
  return { clientId, proof };
}

function parseGrant(value: unknown, field: string, ownClientId: string | undefined, problems: string[]): Grant {
  const grant = object(value, field, problems);
  unknownKeys(grant, ["namespaces", "tenants", "clientIds"], `${field}.`, problems);
  const fallback = ownClientId === undefined ? [] : [ownClientId];
  const namespaces = list(grant["namespaces"], `${field}.namespaces`, problems);
  return {
    namespaces: namespaces.filter((name): name is string => typeof name === "string"),
    tenants: guids(list(grant["tenants"], `${field}.tenants`, problems), `${field}.tenants`, problems),
    clientIds: guids(
      list(grant["clientIds"] ?? fallback, `${field}.clientIds`, problems),
      `${field}.clientIds`,
      problems,
    ),
  };
}

function list(value: unknown, field: string, problems: string[]): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  problems.push(`${field}: must be a list with at least one entry`);
  return [];
}

function guids(values: readonly unknown[], field: string, problems: string[]): string[] {
  return values.flatMap((value) => {
    const text = typeof value === "string" ? value.toLowerCase() : "";
    if (GUID.test(text)) return [text];
    problems.push(`${field}: must be a GUID`);
    return [];
  });
}

function object(value: unknown, field: string, problems: string[]): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  problems.push(`${field}: must be an object`);
  return {};
}

function unknownKeys(value: object, known: readonly string[], prefix: string, problems: string[]): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) problems.push(`${prefix}${key}: unknown field, must be one of ${known.join(", ")}`);
  }
}
