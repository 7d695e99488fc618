/** `npm run build:operator` makes dist/operator.cjs, its source map and its notices. REVISION is the commit that it is built from. */
import { writeFileSync } from "node:fs";
import { bundle } from "./bundle.ts";
import { noticesOf } from "./notices.ts";

const OPERATOR = "dist/operator.cjs";

const metafile = await bundle(OPERATOR, { revision: process.env["REVISION"] });
writeFileSync("dist/NOTICES.txt", noticesOf(metafile));
