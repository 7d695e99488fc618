/** `npm run build` makes dist/operator.cjs, and the kubectl plugin in dist/plugin. */
import { chmodSync, copyFileSync, statSync, writeFileSync } from "node:fs";
import { bundle } from "./bundle.ts";

const OPERATOR = "dist/operator.cjs";
const PLUGIN = "dist/plugin/kubectl-mailsync";
const COMPLETION = "dist/plugin/kubectl_complete-mailsync";

await bundle(OPERATOR);
await bundle(PLUGIN, "cli/main.ts", "#!/usr/bin/env node");
copyFileSync("cli/kubectl_complete-mailsync", COMPLETION);
for (const file of [PLUGIN, COMPLETION]) chmodSync(file, 0o755);
// kubectl wants a name without an ending; below this project's package.json Node.js would take it for a module.
writeFileSync("dist/plugin/package.json", '{ "type": "commonjs" }\n');
for (const file of [OPERATOR, PLUGIN]) console.log(`${file}: ${Math.round(statSync(file).size / 1024)} KiB`);
