/** A cluster that signs tokens of its service accounts, as Kubernetes does for a projected volume. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface Federation {
  readonly issuer: string;
  /** PEM. */
  readonly publicKey: string;
  /** A token that is valid for an hour from `now`, but for what is changed. */
  token(now: number, changes?: Readonly<Record<string, unknown>>): string;
}

export const SUBJECT = "system:serviceaccount:o365-sync:o365-sync-operator";

/** `audience` is that of its tokens. */
export function createFederation(audience: string, issuer = "https://oidc.cluster.example/1"): Federation {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    issuer,
    publicKey: publicKey.export({ type: "spki", format: "pem" }) as string,
    token(now, changes = {}) {
      const seconds = Math.floor(now / 1000);
      const claims = { iss: issuer, sub: SUBJECT, aud: [audience], nbf: seconds, exp: seconds + 3600, ...changes };
      return signJwt({ alg: "RS256", kid: "1" }, claims, privateKey);
    },
  };
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");

/** RS256, or PS256 where the header says so. */
export function signJwt(header: Readonly<Record<string, unknown>>, claims: object, key: KeyObject): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  const pss = header["alg"] === "PS256" ? { padding: 6, saltLength: 32 } : {};
  return `${signed}.${sign("sha256", Buffer.from(signed), { key, ...pss }).toString("base64url")}`;
}
