/** A certificate for localhost and 127.0.0.1 and the CA that signed it: for tests and the demo only, worthless elsewhere. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Path of the CA certificate, for `NODE_EXTRA_CA_CERTS` and the like. */
export const caPath = path("ca.crt");
/** PEM, as `https.createServer` and `https.request` take them. The key of the CA was thrown away. */
export const ca = readFileSync(caPath, "utf8");
export const cert = readFileSync(path("localhost.crt"), "utf8");
export const key = readFileSync(path("localhost.key"), "utf8");
/** A self-signed RSA certificate of an app registration, as Entra takes it. */
export const appCertificate = readFileSync(path("app.crt"), "utf8");
export const appKey = readFileSync(path("app.key"), "utf8");
/** A certificate that an issuer signed, with that issuer's behind it, as cert-manager writes tls.crt; it ends at 2026-02-15T00:00:00Z. */
export const issuedChain = readFileSync(path("issued.crt"), "utf8");
export const issuedKey = readFileSync(path("issued.key"), "utf8");
/** A certificate without an end, as RFC 5280 writes that: it ends in the year 9999. */
export const endlessCertificate = readFileSync(path("endless.crt"), "utf8");
export const endlessKey = readFileSync(path("endless.key"), "utf8");
