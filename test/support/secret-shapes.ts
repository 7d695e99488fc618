/** Client secrets as people put them into Secrets by mistake, and what is told of each (issue 18, point 7). */

export const SECRET = "aBc8Q~xyzXYZ0123456789-_.abcdefghijklmno";

export interface SecretShape {
  readonly what: string;
  /** Where people meet it. */
  readonly source: string;
  readonly bytes: Buffer;
  readonly told: RegExp;
}

const CHARACTERS =
  "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding";
const SECRETS = "https://kubernetes.io/docs/concepts/configuration/secret/";
const WRONG =
  "https://learn.microsoft.com/troubleshoot/entra/entra-id/app-integration/error-code-AADSTS7000215-invalid-client-secret";
const ENV_FILES =
  "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_create/kubectl_create_secret_generic/";
const PORTAL = "https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials";

const text = (content: string): Buffer => Buffer.from(content);
const base64 = (content: string): Buffer => text(text(content).toString("base64"));

export const SECRET_SHAPES: readonly SecretShape[] = [
  {
    what: "UTF-16 with its mark",
    source: CHARACTERS,
    bytes: Buffer.from(`\ufeff${SECRET}`, "utf16le"),
    told: /UTF-16/,
  },
  { what: "UTF-16 without a mark", source: CHARACTERS, bytes: Buffer.from(SECRET, "utf16le"), told: /UTF-16/ },
  {
    what: "UTF-16 the other way round",
    source: CHARACTERS,
    bytes: Buffer.from(`\ufeff${SECRET}`, "utf16le").swap16(),
    told: /UTF-16/,
  },
  { what: "base64 of a secret", source: SECRETS, bytes: base64(SECRET), told: /base64/ },
  { what: "base64 with echo's line end", source: SECRETS, bytes: base64(`${SECRET}\n`), told: /base64/ },
  { what: "double quotes", source: ENV_FILES, bytes: text(`"${SECRET}"`), told: /quotes/ },
  { what: "single quotes", source: ENV_FILES, bytes: text(`'${SECRET}'`), told: /quotes/ },
  { what: "quotes of a word processor", source: CHARACTERS, bytes: text(`\u201c${SECRET}\u201d`), told: /quotes/ },
  {
    what: "the secret's id",
    source: WRONG,
    bytes: text("6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10"),
    told: /id of a secret/,
  },
  {
    what: "a line of a settings file",
    source: ENV_FILES,
    bytes: text(`AZURE_CLIENT_SECRET=${SECRET}`),
    told: /begins with a name/,
  },
  { what: "a key", source: PORTAL, bytes: text("-----BEGIN PRIVATE KEY-----"), told: /certificate or key/ },
  { what: "a line break within", source: SECRETS, bytes: text(`${SECRET}\n${SECRET}`), told: /line break/ },
  { what: "an en dash", source: CHARACTERS, bytes: text(SECRET.replace("-", "\u2013")), told: /beyond ASCII/ },
  {
    what: "a space of a web page",
    source: CHARACTERS,
    bytes: text(`${SECRET.slice(0, 9)}\u200b${SECRET.slice(9)}`),
    told: /beyond ASCII/,
  },
  {
    what: "what the portal shows later",
    source: PORTAL,
    bytes: text("aBc****************"),
    told: /in place of a secret/,
  },
  { what: "a stub", source: PORTAL, bytes: text("abc"), told: /shorter/ },
];

/** Whether a text has any part of the secret that is long enough to help somebody. */
export const tellsTheSecret = (told: string): boolean =>
  Array.from({ length: SECRET.length - 7 }, (_, at) => SECRET.slice(at, at + 8)).some((part) => told.includes(part));
