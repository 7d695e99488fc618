/** `npm run record`: plays the demo and keeps what it printed as docs/pictures/demo.txt, of which demo.svg is made. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { cleaned } from "./pictures/terminal.ts";

const { stdout } = await promisify(execFile)("npx", ["tsx", "dev/demo/main.ts", "--exit"], { maxBuffer: 2 ** 24 });
await writeFile(new URL("../docs/pictures/demo.txt", import.meta.url), cleaned(stdout));
console.log("docs/pictures/demo.txt is written; npm run generate makes demo.svg of it");
