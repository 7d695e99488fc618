/** Prints the plugin's manifest for krew, from the archives that are there: VERSION URL FOLDER. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

const [version = "", url = "", folder = ""] = process.argv.slice(2);
const ARCHIVE = /^kubectl-mailsync_(.+)_(linux|darwin|windows)_(amd64|arm64)\.tar\.gz$/;

const platforms = readdirSync(folder).flatMap((file) => {
  const [, of, os, arch] = ARCHIVE.exec(file) ?? [];
  if (of !== version) return [];
  const bin = os === "windows" ? "kubectl-mailsync.exe" : "kubectl-mailsync";
  return [
    {
      selector: { matchLabels: { os, arch } },
      uri: `${url}/${file}`,
      sha256: createHash("sha256")
        .update(readFileSync(join(folder, file)))
        .digest("hex"),
      bin,
      files: [bin, "LICENSE", "NOTICES.txt"].map((from) => ({ from, to: "." })),
    },
  ];
});
if (platforms.length === 0) throw new Error(`${folder} has no archive of version ${version}`);

process.stdout.write(
  stringify({
    apiVersion: "krew.googlecontainertools.github.com/v1alpha2",
    kind: "Plugin",
    metadata: { name: "mailsync" },
    spec: {
      version: `v${version}`,
      homepage: url.replace(/\/releases\/.*$/, ""),
      shortDescription: "Tell why mail to an address is accepted or not",
      description:
        "Answers what a help desk is asked about recipient lists that o365-sync-operator keeps in step with Microsoft 365: who is on a list and why, what changed and when, what is held, and the command that goes on. Uses the caller's own rights.\n",
      platforms,
    },
  }),
);
