/**
 * A cluster to type the README in: `KUBEBUILDER_ASSETS=… node --import tsx test/extended/docs/read.ts ENV` starts an API server, the simulated
 * tenant and what a kubelet would do, and writes to the file ENV what a shell sources. It runs until it is interrupted.
 */
import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { createReader } from "./reader.ts";

const [file] = process.argv.slice(2);
const assets = process.env["KUBEBUILDER_ASSETS"];
if (file === undefined || assets === undefined) {
  process.stderr.write("usage: KUBEBUILDER_ASSETS=FOLDER node --import tsx test/extended/docs/read.ts FILE\n");
  process.exit(2);
}

const reader = await createReader(assets);
const { KUBECONFIG, PATH } = reader.environment;
await writeFile(file, `export KUBECONFIG='${KUBECONFIG}'\nexport PATH='${PATH}'\n`);
process.stdout.write(
  `in another shell: source ${file}; docker and kind are not there: the operator runs whatever image the Deployment names\n`,
);
const over = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => over.abort());
while (!over.signal.aborted) {
  await reader.follow();
  await pause(500);
}
await reader.close();
