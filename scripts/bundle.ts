/** Bundles the operator into one file. */
import { build } from "esbuild";

export async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: ["src/main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    // CommonJS, because msal pulls in modules that call require at run time.
    format: "cjs",
    minify: true,
    keepNames: true,
    sourcemap: "linked",
    logLevel: "warning",
  });
}
