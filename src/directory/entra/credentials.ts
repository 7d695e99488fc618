/** How a credential proves the app to Entra, in the form that msal takes. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { NodeAuthOptions } from "@azure/msal-node";
import { Failure } from "../../base/failure.ts";
import type { Credential } from "../types.ts";

type Proof = Pick<NodeAuthOptions, "clientSecret" | "clientCertificate" | "clientAssertion">;

/** Throws Failure (InvalidCredentials) for a certificate or key that no answer of Entra could make right. */
export async function proofOf(credential: Credential): Promise<Proof> {
  if (credential.kind === "clientSecret") return { clientSecret: credential.clientSecret };
  if (credential.kind === "certificate") return { clientCertificate: readPair(credential) };
  // Read each time: kubelet renews the file long before the token in it expires.
  return { clientAssertion: await readAssertion(credential.tokenFile) };
}

/** The thumbprint is how Entra finds the certificate; the key signs. */
function readPair(pem: Extract<Credential, { kind: "certificate" }>): {
  readonly thumbprintSha256: string;
  readonly privateKey: string;
  readonly x5c: string;
} {
  const field = "spec.credentials.certificateRef";
  let certificate: X509Certificate;
  let key: KeyObject;
  try {
    certificate = new X509Certificate(pem.certificate);
    key = createPrivateKey(pem.privateKey);
  } catch {
    throw invalid(`${field}: tls.crt and tls.key of the Secret must be PEM, the key without a passphrase`);
  }
  if (key.asymmetricKeyType !== "rsa") {
    throw invalid(`${field}: Entra takes RSA only; make a certificate with an RSA key`);
  }
  if (!certificate.checkPrivateKey(key)) {
    throw invalid(`${field}: tls.key of the Secret does not belong to tls.crt; put in the two that were made together`);
  }
  const thumbprintSha256 = certificate.fingerprint256.replaceAll(":", "");
  // The chain is for apps that trust an issuer and a name in place of one certificate.
  return { thumbprintSha256, privateKey: pem.privateKey, x5c: pem.certificate };
}

/** When a credential ends, in milliseconds since the epoch; undefined where nobody but Entra knows, or it is unreadable. */
export function endOf(credential: Credential): number | undefined {
  if (credential.kind !== "certificate") return undefined;
  try {
    return Date.parse(new X509Certificate(credential.certificate).validTo);
  } catch {
    return undefined;
  }
}

async function readAssertion(path: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(path, "utf8")).trim();
  } catch {
    token = "";
  }
  if (token !== "") return token;
  throw invalid(
    "spec.credentials.workloadIdentity: the operator's federated token cannot be read; its pod needs the projected service account token of Azure workload identity",
  );
}

function invalid(message: string): Failure {
  return new Failure("stalled", "InvalidCredentials", message);
}
