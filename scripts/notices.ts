/** The licences of what was bundled, for those who get the bundle and not the packages. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import spdxLicenses from "spdx-license-list/full.js";

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly author?: string | { readonly name?: string };
}

const HEADER = `Third-party software in the bundled program, each package with its licence. In the image, Node.js and the packages of the base
bring theirs along: /nodejs and /usr/share/doc.
`;
const LICENCE_FILE = /^(?:un)?licen[cs]e|^copying|^notice/i;
const RULE = "=".repeat(80);

/** Folders of the packages of which something is in the file, sorted. */
export function packagesOf({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const folders = inputs.flatMap(([path, { bytesInOutput }]) => {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
    return folder === undefined || bytesInOutput === 0 ? [] : [folder];
  });
  return [...new Set(folders)].sort();
}

/** Throws when a package has neither a licence file nor a licence with a standard text. */
export function noticesOf(metafile: Metafile, root = "."): string {
  const notices = packagesOf(metafile).map((folder) => notice(join(root, folder)));
  return [HEADER, ...notices].join(`\n${RULE}\n\n`);
}

function notice(folder: string): string {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Package;
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  const person = typeof author === "object" ? author.name : author;
  const by = files.length === 0 && person !== undefined ? `Author: ${person}\n` : "";
  const all = files.length === 0 ? [standardText(name, license)] : texts;
  return `${name} ${version}\nLicence: ${license}\n${by}\n${all.join("\n\n")}\n`;
}

/** For packages that name their licence and leave its text out. */
function standardText(name: string, license: string): string {
  const text = spdxLicenses[license]?.licenseText;
  if (text === undefined) throw new Error(`${name}: no licence file, and no standard text for ${license}`);
  return text.trim();
}
