/** What a client secret that Entra refuses looks like, without a character of it. Pure. */

/** In the order in which they are looked for: the first that fits is told. */
const SHAPES: readonly (readonly [fits: (secret: string) => boolean, told: string])[] = [
  [
    (secret) => secret.includes("\0") || secret.includes("\uFFFD"),
    "it looks like UTF-16, as PowerShell writes files; write the Secret from a UTF-8 file, or with --from-literal",
  ],
  [(secret) => /^(["'`\u201c\u2018]).*(["'`\u201d\u2019])$/s.test(secret), "it stands in quotes; leave them away"],
  [
    (secret) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(secret),
    "it looks like the id of a secret, not its value",
  ],
  [
    (secret) => /^[A-Za-z_]*secret[A-Za-z_]*\s*[:=]/i.test(secret),
    "it begins with a name, as lines of a settings file do; leave only the value",
  ],
  [
    (secret) => secret.startsWith("-----BEGIN "),
    "it looks like a certificate or key; that belongs into spec.credentials.certificateRef",
  ],
  [(secret) => /\s/.test(secret), "it has a blank or a line break within"],
  [(secret) => /[^\x20-\x7e]/.test(secret), "it has characters beyond ASCII, which no client secret has"],
  [
    (secret) => /^[*\u2022.]+$/.test(secret) || secret.includes("***"),
    "it looks like what a screen shows in place of a secret",
  ],
  [isBase64OfText, "it looks like base64 of a secret; `data` of a Secret is encoded once, `stringData` not at all"],
  [(secret) => secret.length < 16, "it is shorter than any client secret that Entra makes"],
];

/** The beginning tells the shape, and takes no time however much somebody put there. */
const LOOKED_AT = 4096;

/** Undefined where it looks like any other. */
export function shapeOf(secret: string): string | undefined {
  const beginning = secret.slice(0, LOOKED_AT);
  return SHAPES.find(([fits]) => fits(beginning))?.[1];
}

/** Entra's secrets have a `~` or a `.` within, which base64 has not. */
function isBase64OfText(secret: string): boolean {
  if (!/^[A-Za-z0-9+/]{16,}={0,2}$/.test(secret) || secret.length % 4 !== 0) return false;
  const decoded = Buffer.from(secret, "base64").toString("latin1").trim();
  return /^[\x21-\x7e]{16,}$/.test(decoded);
}
