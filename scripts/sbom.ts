/** `tsx scripts/sbom.ts`: prints the bill of materials (CycloneDX) of dist/operator.cjs: of npm's for all packages, those that are in it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { packagesOf } from "./notices.ts";

interface Bill {
  readonly metadata: { readonly component: { readonly "bom-ref": string } };
  readonly components: readonly { readonly "bom-ref": string; readonly name: string; readonly version: string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/** `npm sbom --omit dev` leaves out what tools need too, such as semver; so all is asked for, and this says what counts. */
export function billOf(all: Bill, isIn: (name: string, version: string) => boolean): Bill {
  const components = all.components.filter(({ name, version }) => isIn(name, version));
  const refs = new Set([all.metadata.component["bom-ref"], ...components.map((each) => each["bom-ref"])]);
  const dependencies = all.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));
  return { ...all, components, dependencies };
}

export async function sbom(): Promise<Bill> {
  const folder = mkdtempSync(join(tmpdir(), "o365-sync-sbom-"));
  try {
    const packages = packagesOf(await bundle(join(folder, "operator.cjs"))).map((path) => {
      const { name, version } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Record<string, string>;
      return `${name} ${version}`;
    });
    const text = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx"], { encoding: "utf8", maxBuffer: 64 << 20 });
    return billOf(JSON.parse(text) as Bill, (name, version) => packages.includes(`${name} ${version}`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.filename === process.argv[1]) console.log(JSON.stringify(await sbom(), null, 2));
