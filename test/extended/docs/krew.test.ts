/** The plugin's manifest for krew: by krew's own rules, and by its own program where that is in PATH. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { parse } from "yaml";
import { findProgram } from "../../support/gateways/programs.ts";
import { ROOT } from "../../support/pages.ts";

const URL = "https://github.com/example/o365-sync-operator/releases/download/v1.2.3";
const PLATFORMS = ["linux_amd64", "linux_arm64", "darwin_arm64", "darwin_amd64", "windows_amd64"];
const folder = mkdtempSync(join(tmpdir(), "mailsync-krew-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const archiveOf = (platform: string): string => `kubectl-mailsync_1.2.3_${platform}.tar.gz`;
for (const platform of PLATFORMS) writeFileSync(join(folder, archiveOf(platform)), platform);
writeFileSync(join(folder, "kubectl-mailsync_1.2.2_linux_amd64.tar.gz"), "of another version");
const make = (version: string): string =>
  execFileSync(process.execPath, ["--import", "tsx", "scripts/krew.ts", version, URL, folder], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
const text = make("1.2.3");
const manifest = join(folder, "mailsync.yaml");
writeFileSync(manifest, text);

interface Plugin {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly version: string;
    readonly homepage: string;
    readonly shortDescription: string;
    readonly description: string;
    readonly platforms: readonly {
      readonly uri: string;
      readonly sha256: string;
      readonly bin: string;
      readonly files: readonly { readonly from: string; readonly to: string }[];
      readonly selector: { readonly matchLabels: { readonly os: string; readonly arch: string } };
    }[];
  };
}

/** Source: sigs.k8s.io/krew v0.4.4, internal/index/validation/validate.go, and the naming guide of its index. */
it("keeps krew's rules", () => {
  const { apiVersion, kind, metadata, spec } = parse(text) as Plugin;
  expect({ apiVersion, kind, name: metadata.name }).toEqual({
    apiVersion: "krew.googlecontainertools.github.com/v1alpha2",
    kind: "Plugin",
    name: "mailsync",
  });
  expect(spec.version).toMatch(/^v\d+\.\d+\.\d+$/);
  expect(spec.homepage).toBe("https://github.com/example/o365-sync-operator");
  expect(spec.shortDescription).toMatch(/^[A-Z][^\r\n.]{1,49}$/);
  expect(spec.description.split("\n").filter((line) => line.length > 400)).toEqual([]);
  const selectors = spec.platforms.map(({ selector: { matchLabels } }) => `${matchLabels.os}_${matchLabels.arch}`);
  expect(selectors.sort()).toEqual([...PLATFORMS].sort());
  for (const { uri, sha256, bin, files, selector } of spec.platforms) {
    const { os, arch } = selector.matchLabels;
    const archive = archiveOf(`${os}_${arch}`);
    expect(uri).toBe(`${URL}/${archive}`);
    expect(sha256).toBe(
      createHash("sha256")
        .update(readFileSync(join(folder, archive)))
        .digest("hex"),
    );
    expect(bin).toBe(os === "windows" ? "kubectl-mailsync.exe" : "kubectl-mailsync");
    expect(files.map(({ from, to }) => `${from} ${to}`)).toEqual(
      [bin, "LICENSE", "NOTICES.txt"].map((each) => `${each} .`),
    );
  }
});

it("is not made of nothing", () => {
  expect(() => make("9.9.9")).toThrow(/has no archive of version 9\.9\.9/);
});

it.skipIf(findProgram("validate-krew-manifest") === undefined)("is taken by krew's own program", () => {
  const args = ["-manifest", manifest, "-skip-install"];
  const told = execFileSync("validate-krew-manifest", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  expect(told).not.toContain("error");
  writeFileSync(manifest, text.replace("kind: Plugin", "kind: Plug"));
  expect(() => execFileSync("validate-krew-manifest", args, { stdio: "pipe" })).toThrow(/Plug/);
});
