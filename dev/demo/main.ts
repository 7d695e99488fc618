/** `npm run demo`: a whole world on this machine, a story of half a minute, and then a cluster to play with. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { applyCrds, type ControlPlane, startControlPlane } from "../controlplane/index.ts";
import { flagsOf } from "../flags.ts";
import { startCatcher } from "../smtp/index.ts";
import { harbourAndPine } from "../tenant/fixture.ts";
import { startTenant, type Tenant } from "../tenant/index.ts";
import { createCluster } from "./cluster.ts";
import { createMailbox } from "./mailbox.ts";
import { startOperatorProcess } from "./operator.ts";
import { createPrompt, readLines } from "./prompt.ts";
import { type Samples, tellStory } from "./story.ts";

const HELP = `npm run demo [-- --exit] [--mails FOLDER]

  --exit          end after the story, with exit code 0 when it came true
  --mails FOLDER  keep the mails in this new folder
  --help          show this
`;

/** As a shell says that Ctrl-C ended a program. */
const INTERRUPTED = 130;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const values = flagsOf(HELP, { exit: { type: "boolean" }, mails: { type: "string" } });
  const started = Date.now();
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-demo-"));
  const cleanups: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  try {
    const controlPlane = await startControlPlane();
    cleanups.push(() => controlPlane.stop());
    const tenant = await startTenant({ company: harbourAndPine() });
    cleanups.push(() => tenant.close());
    await applyCrds(controlPlane);
    const kubeconfig = join(folder, "kubeconfig");
    await controlPlane.writeKubeconfig(kubeconfig, "admin");
    const endpoints = join(folder, "cloud-endpoints.json");
    await writeFile(endpoints, JSON.stringify({ Global: { authority: tenant.authority, graph: tenant.graph } }));
    const mailbox = createMailbox(values.mails ?? join(folder, "mails"));
    const catcher = await startCatcher({ onCaught: (mail) => mailbox.keep(mail) });
    cleanups.push(() => catcher.close());
    const flags = [
      "--smtp-host=127.0.0.1",
      `--smtp-port=${catcher.port}`,
      "--smtp-from=o365-sync@example.com",
      `--kubeconfig=${kubeconfig}`,
      `--cloud-endpoints=${endpoints}`,
      "--metrics-bind-address=127.0.0.1:0",
      "--health-probe-bind-address=0",
    ];
    const operator = await startOperatorProcess(folder, flags);
    cleanups.push(() => operator.stop());
    const kind = controlPlane.kind === "real" ? "A kube-apiserver" : "An embedded API server";
    say(`${kind} (${controlPlane.version}), a simulated Microsoft 365 tenant and the operator run on this\nmachine.`);

    const samples = await writeSamples(tenant, join(folder, "mail"));
    const told = tellStory({ cluster: createCluster(controlPlane), tenant, mailbox }, samples, say);
    const isTold = await Promise.race([told.then(() => true), operator.failed, stopped.then(() => false)]);
    if (!isTold) {
      say("\nCleaning up.");
      return INTERRUPTED;
    }
    say(`\nThe story took ${Math.round((Date.now() - started) / 1000)} s.`);
    if (values.exit === true) return 0;
    const { isTTY: isTerminal } = process.stdout;
    const prompt = createPrompt({ company: tenant.company, namespace: "mail", kubeconfig, say, isTerminal });
    say(invitation(controlPlane, kubeconfig, { log: operator.log, mails: mailbox.folder, help: prompt.help }));
    const onInterrupt = (): void => void process.emit("SIGINT");
    const typed = readLines(prompt, { input: process.stdin, output: process.stdout, onInterrupt });
    await Promise.race([stopped, operator.failed, typed]);
    say("Cleaning up.");
    return 0;
  } catch (error) {
    say(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

/** The examples, with the tenant and the credential of this world, as files: exactly what the story applies. */
async function writeSamples(tenant: Tenant, folder: string): Promise<Samples> {
  const read = async (name: string): Promise<unknown> =>
    parse(await readFile(new URL(`../../examples/${name}.yaml`, import.meta.url), "utf8"));
  const sync = (await read("o365sync")) as O365Sync;
  sync.spec.tenantId = tenant.tenantId;
  if (sync.spec.credentials !== undefined) sync.spec.credentials.clientId = tenant.clientId;
  sync.spec.notifications = { enabled: true, recipients: ["ops@example.com"] };
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "o365", namespace: "mail" },
    stringData: { clientSecret: tenant.clientSecret },
  };
  const group = "/apis/o365sync.dev/v1alpha1/namespaces/mail";
  const objects = [
    { path: "/api/v1/namespaces", object: { apiVersion: "v1", kind: "Namespace", metadata: { name: "mail" } } },
    { path: "/api/v1/namespaces/mail/secrets", object: secret },
    { path: `${group}/maildomains`, object: (await read("maildomain")) as object },
    { path: `${group}/o365syncs`, object: sync },
  ];
  const file = `${folder}.yaml`;
  await writeFile(file, objects.map(({ object }) => stringify(object)).join("---\n"));
  return { file, objects };
}

function invitation(
  { kubectl }: ControlPlane,
  kubeconfig: string,
  { log, mails, help }: { log: string; mails: string; help: readonly string[] },
): string {
  const get = kubectl ?? "kubectl";
  return `
Everything keeps running. Here you can type:

${help.join("\n")}

With kubectl, in another terminal:

    export KUBECONFIG=${kubeconfig}
    ${get} -n mail get o365syncs -w
    ${get} -n mail describe o365sync example-com
    tail -f ${log}

Mails: a browser shows ${mails}/*.html as a reader would see them.
`;
}

process.exit(await main());
