/** How an O365Sync gets into its tenant: from spec and Secret to a Connection. */
import { Failure } from "../api/failure.ts";
import { SECRET, type Secret } from "../api/kube.ts";
import type { O365Sync } from "../api/types.generated.ts";
import type { Connection, Credential } from "../directory/types.ts";
import { find } from "../runtime/find.ts";
import type { Client } from "../runtime/types.ts";

export interface Access {
  readonly connection: Connection;
  /** Names the Secret and its version that the credential was read from. */
  readonly version: string;
}

/** Throws Failure: DependencyNotReady while a Secret or key is missing, TenantNotAllowed for an identity that is not the object's own. */
export async function resolveAccess(client: Client, object: O365Sync, signal: AbortSignal): Promise<Access> {
  const { cloud, tenantId, credentials } = object.spec;
  if (credentials === undefined)
    throw notAllowed("spec.credentials is absent, and this installation has no app registration of its own");
  const { clientId, clientSecretRef, certificateRef } = credentials;
  const access = (secret: Secret, credential: Credential): Access => ({
    connection: { cloud, tenantId, credential },
    version: `${secret.metadata.uid}/${secret.metadata.resourceVersion}`,
  });
  if (clientSecretRef !== undefined) {
    const secret = await readSecret(client, object, clientSecretRef.name, "clientSecretRef", signal);
    const clientSecret = readValue(secret, clientSecretRef.key, "clientSecretRef").trim();
    return access(secret, { kind: "clientSecret", clientId, clientSecret });
  }
  if (certificateRef !== undefined) {
    const secret = await readSecret(client, object, certificateRef.name, "certificateRef", signal);
    const certificate = readValue(secret, "tls.crt", "certificateRef");
    return access(secret, {
      kind: "certificate",
      clientId,
      certificate,
      privateKey: readValue(secret, "tls.key", "certificateRef"),
    });
  }
  throw notAllowed("this installation allows no workload identity");
}

function notAllowed(cause: string): Failure {
  return new Failure("stalled", "TenantNotAllowed", `${cause}; give spec.credentials a Secret of this namespace`);
}

async function readSecret(
  client: Client,
  object: O365Sync,
  name: string,
  field: string,
  signal: AbortSignal,
): Promise<Secret> {
  const secret = await find(client, SECRET, { namespace: object.metadata.namespace ?? "", name }, { signal });
  if (secret === undefined) throw missing(field, `the Secret ${name} does not exist in this namespace; create it`);
  return secret;
}

function readValue(secret: Secret, key: string, field: string): string {
  const value = Buffer.from(secret.data?.[key] ?? "", "base64").toString("utf8");
  if (value.trim() === "")
    throw missing(field, `the Secret ${secret.metadata.name} has no value under the key ${key}; add it`);
  return value;
}

const missing = (field: string, cause: string): Failure =>
  new Failure("wait", "DependencyNotReady", `spec.credentials.${field}: ${cause}`);
