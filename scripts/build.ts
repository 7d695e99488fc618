/** Bundles the operator into one file: `npm run build` makes dist/operator.cjs. */
import { statSync } from "node:fs";
import { build } from "esbuild";

const outfile = "dist/operator.cjs";

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

console.log(`${outfile}: ${Math.round(statSync(outfile).size / 1024)} KiB`);
