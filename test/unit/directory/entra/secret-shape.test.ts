/** A client secret that Entra refuses: its shape is told, and not a character of it (issue 18, point 7). */
import { describe, expect, it } from "vitest";
import { shapeOf } from "../../../../src/directory/entra/secret-shape.ts";

const SECRET = "aBc8Q~xyzXYZ0123456789-_.abcdefghijklmno";
const utf16 = (text: string): string => Buffer.from(`\ufeff${text}`, "utf16le").toString("utf8");
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Where people meet each of them stands beside it. */
const SHAPES: readonly (readonly [what: string, secret: string, told: RegExp])[] = [
  // https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding: `>` of Windows PowerShell.
  ["UTF-16 with its mark", utf16(SECRET), /UTF-16/],
  ["UTF-16 without a mark", Buffer.from(SECRET, "utf16le").toString("utf8"), /UTF-16/],
  // https://kubernetes.io/docs/concepts/configuration/secret/: values in `data` are base64; `echo "…" | base64` twice.
  ["base64 of a secret", base64(SECRET), /base64/],
  ["base64 with echo's line end", base64(`${SECRET}\n`), /base64/],
  ["double quotes", `"${SECRET}"`, /quotes/],
  ["single quotes", `'${SECRET}'`, /quotes/],
  ["quotes of a word processor", `\u201c${SECRET}\u201d`, /quotes/],
  // https://learn.microsoft.com/troubleshoot/entra/entra-id/app-integration/error-code-AADSTS7000215-invalid-client-secret
  ["the secret's id", "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10", /id of a secret/],
  ["a line of a settings file", `AZURE_CLIENT_SECRET=${SECRET}`, /begins with a name/],
  ["a key", "-----BEGIN PRIVATE KEY-----", /certificate or key/],
  ["a line break within", `${SECRET}\n${SECRET}`, /line break/],
  ["an en dash", SECRET.replace("-", "\u2013"), /beyond ASCII/],
  ["what the portal shows later", "aBc****************", /in place of a secret/],
  ["a stub", "abc", /shorter/],
];

describe("The shape of a refused client secret", () => {
  it.each(SHAPES)("is told: %s", (_, secret, told) => {
    const shape = shapeOf(secret) ?? "";
    expect(shape).toMatch(told);
    for (let at = 0; at + 8 <= SECRET.length; at++) expect(shape).not.toContain(SECRET.slice(at, at + 8));
  });

  it("is nothing to speak of where it looks like any other", () => {
    expect(shapeOf(SECRET)).toBeUndefined();
  });
});
