/** `npm run build:plugin` makes the kubectl plugin in dist/plugin, which the image does not have. */
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { bundle } from "./bundle.ts";
import { noticesOf } from "./notices.ts";

const PLUGIN = "dist/plugin/kubectl-mailsync";
const COMPLETION = "dist/plugin/kubectl_complete-mailsync";

const metafile = await bundle(PLUGIN, {
  entryPoint: "cli/main.ts",
  banner: "#!/usr/bin/env node",
  revision: process.env["REVISION"],
});
copyFileSync("cli/kubectl_complete-mailsync", COMPLETION);
for (const file of [PLUGIN, COMPLETION]) chmodSync(file, 0o755);
// kubectl wants a name without an ending; below this project's package.json Node.js would take it for a module.
writeFileSync("dist/plugin/package.json", '{ "type": "commonjs" }\n');
writeFileSync("dist/plugin/NOTICES.txt", noticesOf(metafile));
