/** How an O365Sync gets into its tenant: from spec and Secret to a Connection. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { O365Sync } from "../../api/types.generated.ts";
import { Failure } from "../../base/failure.ts";
import { someOf } from "../../base/words.ts";
import { endOf } from "../../directory/entra/credentials.ts";
import type { Connection, Credential } from "../../directory/types.ts";
import { find } from "../../runtime/find.ts";
import { SECRET, type Secret } from "../../runtime/kube.ts";
import type { Client } from "../../runtime/types.ts";
import { isAllowed, type SharedAccess } from "./shared-access.ts";

export interface Access {
  readonly connection: Connection;
  /** Names the Secret and its version that the credential was read from. */
  readonly version: string;
  /** When the credential ends, in milliseconds since the epoch; undefined where that is not known. */
  readonly end: number | undefined;
}

/** The keys that belong to the installation. */
export interface SharedKeys {
  readonly access: SharedAccess;
  /** The operator pod's federated token; undefined where it has none. */
  readonly federatedTokenFile: string | undefined;
  /** Its own Secrets as namespace/name: they are nobody else's, also in a namespace where O365Syncs live. */
  readonly ownSecrets: readonly string[];
}

/**
 * Throws Failure: DependencyNotReady while a Secret or key is missing, TenantNotAllowed for an identity that is not the
 * object's own and not lent to its namespace for this tenant and client id.
 */
export async function resolveAccess(
  client: Client,
  shared: SharedKeys,
  object: O365Sync,
  signal: AbortSignal,
): Promise<Access> {
  const { cloud, tenantId, credentials } = object.spec;
  const access = (version: string, credential: Credential): Access => ({
    connection: { cloud, tenantId, credential },
    version,
    end: endOf(credential),
  });
  if (credentials === undefined) return sharedApp(shared, object, access);
  const { clientId, clientSecretRef, certificateRef } = credentials;
  refuseOwn(shared, object, clientSecretRef?.name ?? certificateRef?.name);
  if (clientSecretRef !== undefined) {
    const secret = await readSecret(client, object, clientSecretRef.name, "clientSecretRef", signal);
    const clientSecret = readValue(secret, clientSecretRef.key, "clientSecretRef").trim();
    await requireOther(shared, object, clientId, { clientSecret });
    return access(versionOf(secret), { kind: "clientSecret", clientId, clientSecret });
  }
  if (certificateRef !== undefined) {
    const secret = await readSecret(client, object, certificateRef.name, "certificateRef", signal);
    const certificate = readValue(secret, "tls.crt", "certificateRef");
    const privateKey = readValue(secret, "tls.key", "certificateRef");
    await requireOther(shared, object, clientId, { privateKey });
    return access(versionOf(secret), { kind: "certificate", clientId, certificate, privateKey });
  }
  return access("workloadIdentity", workloadIdentity(shared, object, clientId));
}

const versionOf = ({ metadata }: Secret): string => `${metadata.uid}/${metadata.resourceVersion}`;

/** The app registration that proves who an object is: its own, or the installation's. */
export const clientIdOf = ({ spec }: O365Sync, { app }: SharedAccess): string | undefined =>
  spec.credentials?.clientId ?? app?.clientId;

async function sharedApp(
  shared: SharedKeys,
  object: O365Sync,
  access: (version: string, credential: Credential) => Access,
): Promise<Access> {
  const { app } = shared.access;
  if (app === undefined)
    throw notAllowed("spec.credentials is absent, and this installation has no app registration of its own");
  const { clientId, proof } = app;
  if (proof.kind === "workloadIdentity") return access("workloadIdentity", workloadIdentity(shared, object, clientId));
  requireAllowed(shared, object, clientId);
  if (proof.kind === "clientSecret") {
    const clientSecret = (await readKeyFile(proof.secretFile)).trim();
    return access(digest(clientSecret), { kind: "clientSecret", clientId, clientSecret });
  }
  const [certificate, privateKey] = [await readKeyFile(proof.certificateFile), await readKeyFile(proof.keyFile)];
  return access(digest(certificate), { kind: "certificate", clientId, certificate, privateKey });
}

function refuseOwn({ ownSecrets }: SharedKeys, { metadata }: O365Sync, name: string | undefined): void {
  if (name === undefined || !ownSecrets.includes(`${metadata.namespace}/${name}`)) return;
  throw notAllowed(`spec.credentials: the Secret ${name} belongs to the installation itself`);
}

/** A copy of the installation's own key is still its key. One guess costs a reconcile, and the key has a hundred bits and more. */
async function requireOther(
  shared: SharedKeys,
  object: O365Sync,
  clientId: string,
  key: { readonly clientSecret: string } | { readonly privateKey: string },
): Promise<void> {
  const proof = shared.access.app?.proof;
  const file =
    proof?.kind === "clientSecret" && "clientSecret" in key
      ? { path: proof.secretFile, value: key.clientSecret }
      : proof?.kind === "certificate" && "privateKey" in key
        ? { path: proof.keyFile, value: key.privateKey }
        : undefined;
  if (file === undefined) return;
  const own = await readFile(file.path, "utf8").catch(() => "");
  if (own.trim() !== "" && own.trim() === file.value.trim()) requireAllowed(shared, object, clientId);
}

function workloadIdentity(shared: SharedKeys, object: O365Sync, clientId: string): Credential {
  requireAllowed(shared, object, clientId);
  const tokenFile = shared.federatedTokenFile;
  if (tokenFile === undefined)
    throw notAllowed("the operator's pod has no federated token (AZURE_FEDERATED_TOKEN_FILE is not set)");
  return { kind: "workloadIdentity", clientId, tokenFile };
}

function requireAllowed({ access }: SharedKeys, object: O365Sync, clientId: string): void {
  if (isAllowed(access, object, clientId)) return;
  throw notAllowed(
    `the installation does not lend its identity to namespace ${object.metadata.namespace} for tenant ${object.spec.tenantId} and client id ${clientId}: its settings must name all three, the tenant by its GUID`,
  );
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const message =
      "the installation's app registration has no readable key file; check --shared-access and its mounts";
    throw new Failure("wait", "DependencyNotReady", message, { cause });
  }
}

function notAllowed(cause: string): Failure {
  return new Failure(
    "stalled",
    "TenantNotAllowed",
    `${cause}; give spec.credentials a client id and a Secret of this namespace, or ask whoever runs the operator`,
  );
}

async function readSecret(
  client: Client,
  object: O365Sync,
  name: string,
  field: string,
  signal: AbortSignal,
): Promise<Secret> {
  const secret = await find(client, SECRET, { namespace: object.metadata.namespace ?? "", name }, { signal });
  if (secret === undefined)
    throw missing(field, `the Secret ${name} does not exist in the namespace ${object.metadata.namespace}; create it`);
  return secret;
}

function readValue(secret: Secret, key: string, field: string): string {
  const value = Buffer.from(secret.data?.[key] ?? "", "base64").toString("utf8");
  if (value.trim() === "")
    throw missing(
      field,
      `the Secret ${secret.metadata.name} has no value under the key ${key}; add it, or name one of its keys (${keysOf(secret)})`,
    );
  return value;
}

/** Names, never values. */
const keysOf = ({ data = {} }: Secret): string =>
  someOf(
    Object.keys(data)
      .filter((key) => data[key] !== "")
      .sort(),
  );

const missing = (field: string, cause: string): Failure =>
  new Failure("wait", "DependencyNotReady", `spec.credentials.${field}: ${cause}`);
