/** Writes what follows from crds/, from the table of errors, from what tests break and mend, and from the chart's schema of values. With --check it writes nothing and fails when a file is stale. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Results } from "../bench/results.ts";
import { renderArgoSettings } from "./generate/argocd.ts";
import {
  renderCrdTemplate,
  renderDefaults,
  renderValues,
  type ValueSchema,
  withValuesTable,
} from "./generate/chart.ts";
import { readKinds } from "./generate/crd.ts";
import { renderErrors } from "./generate/errors.ts";
import { withHealingTable } from "./generate/healing.ts";
import { renderKustomize } from "./generate/kustomize.ts";
import { renderPictures } from "./generate/pictures.ts";
import { renderReference } from "./generate/reference.ts";
import { renderSchemas } from "./generate/schemas.ts";
import { withSizesTable } from "./generate/sizes.ts";
import { renderStatusShapes } from "./generate/status-shapes.ts";
import { renderTypes } from "./generate/types.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CHART = "charts/o365-sync-operator";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const isYaml = (file: string): boolean => file.endsWith(".yaml");

const check = process.argv.includes("--check");
write({ ...fromCrds(), "docs/errors.md": renderErrors() });
write({ "examples/gitops/argocd/argocd-cm.yaml": renderArgoSettings(join(ROOT, "examples/gitops/argocd")) });
write({ "docs/reliability.md": withHealingTable(read("docs/reliability.md")) });
write(fromValues());
write({
  "docs/performance.md": withSizesTable(read("docs/performance.md"), JSON.parse(read("bench/results.json")) as Results),
});
write(renderPictures(read));
// Last: it is rendered from the chart as it is now.
write(renderKustomize(join(ROOT, CHART), (text) => console.log(text)));

function fromCrds(): Record<string, string> {
  const kinds = readKinds(join(ROOT, "crds"));
  const templates = readdirSync(join(ROOT, "crds"))
    .filter(isYaml)
    .map((file) => [`${CHART}/templates/crds/${file}`, renderCrdTemplate(read(`crds/${file}`))] as const);
  return {
    "src/api/types.generated.ts": renderTypes(kinds),
    "src/api/status-shapes.generated.ts": renderStatusShapes(kinds),
    "docs/reference.md": renderReference(kinds),
    ...renderSchemas(kinds),
    ...Object.fromEntries(templates),
  };
}

function fromValues(): Record<string, string> {
  const schema = JSON.parse(read(`${CHART}/values.schema.json`)) as ValueSchema;
  return {
    [`${CHART}/values.yaml`]: renderValues(schema),
    [`${CHART}/templates/_defaults.tpl`]: renderDefaults(schema),
    [`${CHART}/README.md`]: withValuesTable(read(`${CHART}/README.md`), schema),
  };
}

function write(outputs: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(outputs)) {
    const file = join(ROOT, path);
    if (existsSync(file) && readFileSync(file, "utf8") === content) continue;
    if (check) {
      console.error(`${path} is stale: run \`npm run generate\` and commit the result`);
      process.exitCode = 1;
    } else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      console.log(`wrote ${path}`);
    }
  }
}
