/** Bundles a program into one file: the operator, and the kubectl plugin. */
import { build } from "esbuild";

export async function bundle(outfile: string, entryPoint = "src/main.ts", banner?: string): Promise<void> {
  await build({
    entryPoints: [entryPoint],
    outfile,
    ...(banner === undefined ? {} : { banner: { js: banner } }),
    bundle: true,
    platform: "node",
    target: "node20",
    // CommonJS, because msal pulls in modules that call require at run time.
    format: "cjs",
    // Names stay as they are: keepNames wraps every closure in a call, also in the innermost loops.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: "linked",
    // Some library asks for the one of Node.js, which warns that it is deprecated.
    alias: { punycode: "punycode/punycode.js" },
    logLevel: "warning",
  });
}
