/** `npm run record:consent`: keeps what the browser test of the consent page shows who has granted access, as docs/pictures/consent.png. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PICTURE = fileURLToPath(new URL("../docs/pictures/consent.png", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "o365-sync-consent-"));
try {
  const env = { ...process.env, CI: "true", KUBEBUILDER_ASSETS: "", CONSENT_SCREENSHOTS: folder };
  execFileSync("npx", ["vitest", "run", "--project", "extended", "test/extended/consent"], { env, stdio: "inherit" });
  copyFileSync(join(folder, "granted.png"), PICTURE);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log("docs/pictures/consent.png is the page as it is today");
