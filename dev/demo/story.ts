/** What the demo tells: from nothing to a published list, and how a mass deletion is stopped. */

import { approveCommand } from "../../src/api/commands.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import type { Tenant } from "../tenant/index.ts";
import type { Cluster } from "./cluster.ts";
import type { Mailbox } from "./mailbox.ts";
import { continued, folded } from "./width.ts";

export type Say = (text: string) => void;

type Request = "sync" | "testConnection" | "approve";

const ANNOTATION: Readonly<Record<Request, string>> = {
  sync: "sync",
  testConnection: "test-connection",
  approve: "approve",
};
const HANDLED = { sync: "handledSync", testConnection: "handledTestConnection", approve: "handledApprove" } as const;

export interface Stage {
  readonly cluster: Cluster;
  readonly tenant: Tenant;
  readonly mailbox: Mailbox;
}

export async function tellStory({ cluster, tenant, mailbox }: Stage, samples: Samples, say: Say): Promise<void> {
  const { company } = tenant;
  // As people make theirs: by the clock, so that what is typed afterwards is another one.
  let token = Math.floor(Date.now() / 1000);
  const step = (text: string): void => say(`\n\u001b[1m${text}\u001b[0m`);
  const command = (text: string): void => say(`\u001b[2m$ ${continued(text, WIDEST)}\u001b[0m`);
  const show = (text: string, most = 12): void => say(indented(text, most));
  const ask = async (request: Request, value = String(++token)): Promise<O365Sync> => {
    command(
      `kubectl -n mail annotate o365syncs.o365sync.dev/example-com o365sync.dev/${ANNOTATION[request]}=${value} --overwrite`,
    );
    await cluster.annotate(ANNOTATION[request], value);
    const sync = await cluster.until(({ status }) => status?.[HANDLED[request]] === value);
    const answer = sync.status?.requests?.[request];
    const { held } = sync.status ?? {};
    if (held === undefined) show(`${answer?.state}: ${answer?.message}`);
    else
      show(`Held: ${answer?.message}\n\nTo let exactly this plan through:\n${approveCommand(sync, held.planDigest)}`);
    return sync;
  };
  const grep = async (address: string): Promise<void> => {
    command(`kubectl -n mail get configmap example-com-recipients -o yaml | grep ${address}`);
    const table = (await cluster.configMap("example-com-recipients")).data?.["relay_recipients"] ?? "";
    show(table.split("\n").find((line) => line.startsWith(address)) ?? "(not there)");
  };

  step(
    `1. A domain and its sync are applied. The tenant has ${company.users.size} users, ${company.groups.size} groups, ${company.contacts.size} contacts.`,
  );
  command(`kubectl apply --server-side -f ${samples.file}`);
  for (const { path, object } of samples.objects) await cluster.create(path, object);
  await cluster.until(({ status }) => (status?.conditions ?? []).length > 0);

  step("2. Is the access right? Nothing is planned yet.");
  await ask("testConnection");

  step("3. The first sync: the list appears.");
  await ask("sync");
  command("kubectl -n mail get maildomains,o365syncs");
  show(`${await cluster.table("maildomains")}\n\n${await cluster.table("o365syncs")}`);
  command("kubectl -n mail get configmap example-com-recipients -o jsonpath='{.data.relay_recipients}' | head -3");
  show((await cluster.configMap("example-com-recipients")).data?.["relay_recipients"] ?? "", 3);

  step("4. nora.novak is hired in the tenant; the next sync brings her address.");
  company.hire("nora.novak@example.com", ["nora@example.com"]);
  await ask("sync");
  await grep("nora.novak@example.com");

  step("5. Somebody deletes 60 accounts in the tenant. The list does not shrink: the plan is held.");
  for (const { id } of [...company.users.values()].slice(0, 60)) company.remove(id);
  const held = await ask("sync");
  command("kubectl -n mail get configmap example-com-plan -o jsonpath='{.data.plan\\.txt}'");
  show((await cluster.configMap("example-com-plan")).data?.["plan.txt"] ?? "", 9);
  await grep("ada.abel@example.com");

  step("6. ops@example.com got a mail about it.");
  const { mail, file } = await mailbox.find("held");
  show(`Subject: ${mail.email.subject}\n\n${mail.email.text}`, 14);
  say(`    In a browser: ${file}`);

  step("7. It was meant. Meanwhile otto.olsen is hired; the approval lets the shown plan through, and him.");
  company.hire("otto.olsen@example.com");
  await ask("approve", held.status?.held?.planDigest);
  await grep("ada.abel@example.com");
  await grep("otto.olsen@example.com");

  await tellOfAdditions({ cluster, company, step, command, grep, say });

  step("9. All of it stands in the history.");
  command("kubectl -n mail get configmap example-com-history -o jsonpath='{.data.history\\.txt}'");
  show((await cluster.configMap("example-com-history")).data?.["history.txt"] ?? "");
}

interface Telling {
  readonly cluster: Cluster;
  readonly company: Tenant["company"];
  readonly step: Say;
  readonly command: Say;
  readonly grep: (address: string) => Promise<void>;
  readonly say: Say;
}

async function tellOfAdditions({ cluster, company, step, command, grep, say }: Telling): Promise<void> {
  step("8. The list is trusted: new addresses need no sync. petra.pauli is hired, and accepted in seconds.");
  const schedule = { enabled: true, additions: { enabled: true } };
  command(
    `kubectl -n mail patch o365syncs.o365sync.dev/example-com --type=merge -p '${JSON.stringify({ spec: { schedule } })}'`,
  );
  await cluster.patch({ schedule });
  await cluster.until(({ status }) => status?.additions?.state === "Current");
  company.hire("petra.pauli@example.com");
  const hired = Date.now();
  await cluster.until(({ status }) => (status?.additions?.accountAdds ?? 0) > 0);
  await grep("petra.pauli@example.com");
  say(
    `    after ${((Date.now() - hired) / 1000).toFixed(1)} s; the demo asks every 2 s, the product every 5 min unless told`,
  );
}

/** What is applied at the beginning. */
export interface Samples {
  /** Has all of them. */
  readonly file: string;
  readonly objects: readonly { readonly path: string; readonly object: object }[];
}

/** A terminal of 100 columns shows every line whole. */
const WIDEST = 96;

function indented(text: string, most: number): string {
  const lines = text
    .trimEnd()
    .split("\n")
    .flatMap((line) => folded(line, WIDEST));
  const kept = lines.length > most ? [...lines.slice(0, most), `… ${lines.length - most} more lines`] : lines;
  return kept.map((line) => `    ${line}`).join("\n");
}
