/** Writes what follows from crds/ and from the table of errors: the TypeScript types and the reference pages. With --check it writes nothing and fails when a file is stale. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readKinds } from "./generate/crd.ts";
import { renderErrors } from "./generate/errors.ts";
import { renderReference } from "./generate/reference.ts";
import { renderTypes } from "./generate/types.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const kinds = readKinds(join(ROOT, "crds"));
const outputs = {
  "src/api/types.generated.ts": renderTypes(kinds),
  "docs/reference.md": renderReference(kinds),
  "docs/errors.md": renderErrors(),
};

const check = process.argv.includes("--check");
for (const [path, content] of Object.entries(outputs)) {
  const file = join(ROOT, path);
  if (existsSync(file) && readFileSync(file, "utf8") === content) continue;
  if (check) {
    console.error(`${path} is stale: run \`npm run generate\` and commit the result`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, content);
    console.log(`wrote ${path}`);
  }
}
