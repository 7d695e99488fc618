/** Makes a copy of the chart that of a release: where the image is, and what Artifact Hub shows. FOLDER IMAGE VERSION. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";

const [folder = "", image = "", version = ""] = process.argv.slice(2);
const LOCAL = "o365-sync-operator";

/** Exactly one line may say it, else a release would point to nowhere. */
function point(path: string, before: string, after: string): void {
  const text = readFileSync(path, "utf8");
  if (text.split(before).length !== 2) throw new Error(`${path} must have one line ${before.trim()}`);
  writeFileSync(
    path,
    text.replace(before, () => after),
  );
}

for (const file of ["values.yaml", "templates/_defaults.tpl"])
  point(join(folder, file), `\n  repository: ${LOCAL}\n`, `\n  repository: ${image}\n`);
const schema = join(folder, "values.schema.json");
point(schema, `"default": "${LOCAL}",\n          "minLength"`, `"default": "${image}",\n          "minLength"`);

const path = join(folder, "Chart.yaml");
const chart = parseDocument(readFileSync(path, "utf8"));
const images = `- name: operator\n  image: ${image}:${version}\n  platforms:\n    - linux/amd64\n    - linux/arm64\n`;
chart.setIn(["annotations", "artifacthub.io/images"], images);
chart.setIn(["annotations", "artifacthub.io/prerelease"], String(version.includes("-")));
writeFileSync(path, String(chart));
