/** The version of this project, as in package.json, and what it was built from. */
export const RELEASE = "0.1.0";
/** The commit; scripts/bundle.ts puts it in place of the variable. Empty where nobody said so, as in a checkout. */
export const REVISION: string = process.env["BUILD_REVISION"] ?? "";

/** Text of `--version`. */
export function versionText(): string {
  const revision = REVISION === "" ? "" : `revision ${REVISION}, `;
  return `o365-sync-operator ${RELEASE} (${revision}Node.js ${process.version})\n`;
}
