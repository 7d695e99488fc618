/** `npm run build` makes dist/operator.cjs. */
import { statSync } from "node:fs";
import { bundle } from "./bundle.ts";

const outfile = "dist/operator.cjs";
await bundle(outfile);
console.log(`${outfile}: ${Math.round(statSync(outfile).size / 1024)} KiB`);
