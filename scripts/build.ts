/** `npm run build:operator` makes dist/operator.cjs, its source map and its notices. REVISION is the commit that it is built from. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { bundle } from "./bundle.ts";
import { noticesOf } from "./notices.ts";

const OPERATOR = "dist/operator.cjs";

const metafile = await bundle(OPERATOR, { revision: process.env["REVISION"] });
writeFileSync("dist/NOTICES.txt", noticesOf(metafile));
// What was left out of a library may be what it asks for when it is loaded.
execFileSync(process.execPath, [OPERATOR, "--version"], { stdio: ["ignore", "ignore", "inherit"] });
