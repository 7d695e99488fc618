/** How a credential proves the app to Entra, in the form that msal takes. */
import { readFile } from "node:fs/promises";
import type { NodeAuthOptions } from "@azure/msal-node";
import { Failure } from "../../base/failure.ts";
import { LAST_INSTANT } from "../../base/time.ts";
import type { Credential } from "../types.ts";
import { choosePair } from "./pem.ts";

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
  const chosen = choosePair(pem);
  switch (chosen.kind) {
    case "unreadable": {
      const looks = chosen.looks === undefined ? "" : `; one of them looks like ${chosen.looks}`;
      throw invalid(`${field}: tls.crt and tls.key of the Secret must be PEM, the key without a passphrase${looks}`);
    }
    case "notRsa":
      throw invalid(`${field}: Entra takes RSA only; make a certificate with an RSA key`);
    case "strangers":
      throw invalid(
        `${field}: tls.key of the Secret does not belong to any certificate in tls.crt; put in the two that were made together`,
      );
    case "pair": {
      const { chain, privateKey } = chosen;
      const thumbprintSha256 = chain[0].fingerprint256.replaceAll(":", "");
      // The chain is for apps that trust an issuer and a name in place of one certificate.
      return { thumbprintSha256, privateKey, x5c: chain.map(String).join("") };
    }
  }
}

/**
 * When a credential ends, in milliseconds since the epoch; undefined where nobody but Entra knows, or it is unreadable. A
 * certificate whose end is beyond all clocks has none (RFC 5280, 4.1.2.5: 99991231235959Z).
 */
export function endOf(credential: Credential): number | undefined {
  if (credential.kind !== "certificate") return undefined;
  const chosen = choosePair(credential);
  if (chosen.kind !== "pair") return undefined;
  const end = Date.parse(chosen.chain[0].validTo);
  return end <= LAST_INSTANT ? Math.max(0, end) : undefined;
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
