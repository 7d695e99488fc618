/** Two days of one object as `kubectl get o365 -w` tells them: what docs/schedule.md shows is what is printed. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { startEmbedded } from "../../../dev/apiserver/index.ts";
import { call } from "../../../dev/controlplane/call.ts";
import { applyCrds } from "../../../dev/controlplane/crds.ts";
import { harbourAndPine } from "../../../dev/tenant/fixture.ts";
import { startTenant } from "../../../dev/tenant/index.ts";
import { API_VERSION } from "../../../src/api/group.ts";
import type { O365Sync, O365SyncStatus } from "../../../src/api/types.generated.ts";
import { parseConfig } from "../../../src/config/config.ts";
import { createLogger } from "../../../src/observe/log.ts";
import { startOperator } from "../../../src/operator/operator.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { createShiftClock } from "../../support/shift-clock.ts";

const DAY = Date.UTC(2026, 10, 30);
const KUBECTL = useControlPlane().kubectl;
const MERGE = "application/merge-patch+json";

/** An API server of its own, because it must have the clock of the story. */
async function createStage() {
  const clock = createShiftClock();
  const setClock = (day: number, time: string): void => {
    const [hours = 0, minutes = 0] = time.split(":").map(Number);
    clock.shift(DAY + ((day * 24 + hours) * 60 + minutes) * 60_000 - clock.now());
  };
  setClock(0, "05:50");
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-story-"));
  const controlPlane = await startEmbedded({ now: () => clock.now() });
  const tenant = await startTenant({ company: harbourAndPine() });
  const kubeconfig = join(folder, "kubeconfig");
  await applyCrds(controlPlane);
  await controlPlane.writeKubeconfig(kubeconfig, "admin");
  const must = async (request: Parameters<typeof call>[1]): Promise<unknown> => {
    const { status, body } = await call(controlPlane, request);
    if (status >= 300) throw new Error(`${request.method} ${request.path}: ${JSON.stringify(body)}`);
    return body;
  };
  const objects = `/apis/${API_VERSION}/namespaces/mail`;
  const path = `${objects}/o365syncs/example-com`;
  let running: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  const stage = {
    clock,
    setClock,
    tenant,
    patch: (body: object) => must({ method: "PATCH", path, body, contentType: MERGE }),
    async install() {
      const apiVersion = API_VERSION;
      const metadata = { name: "example-com" };
      const { clientId, clientSecret, tenantId } = tenant;
      const domain = { domain: "example.com", serverType: "Office365", inboundServers: [{ host: "mx.example.com" }] };
      const credentials = { clientId, clientSecretRef: { name: "o365" } };
      const schedule = { enabled: true, times: ["06:00", "12:00", "18:00"] };
      const spec = { domainRef: metadata, tenantId, credentials, schedule };
      for (const [at, body] of [
        ["/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "mail" } }],
        ["/api/v1/namespaces/mail/secrets", { metadata: { name: "o365" }, stringData: { clientSecret } }],
        [`${objects}/maildomains`, { apiVersion, kind: "MailDomain", metadata, spec: domain }],
        [`${objects}/o365syncs`, { apiVersion, kind: "O365Sync", metadata, spec }],
      ] as const)
        await must({ method: "POST", path: at, body });
    },
    /** Waits for a status; then for kubectl to have printed it. */
    async until(is: (status: O365SyncStatus) => unknown): Promise<O365SyncStatus> {
      for (let look = 0; look < 1_000; look++) {
        const { status = { observedGeneration: 0 } } = (await must({ method: "GET", path })) as O365Sync;
        if (is(status)) {
          await pause(200);
          return status;
        }
        await pause(20);
      }
      throw new Error("waited in vain");
    },
    start() {
      const flags = ["--metrics-bind-address=0", "--health-probe-bind-address=0", `--kubeconfig=${kubeconfig}`];
      const config = parseConfig(flags, {});
      if (typeof config === "string") throw new Error(`${config} was asked for`);
      const stop = new AbortController();
      const { authority, graph, ca } = tenant;
      const endpoints = JSON.stringify({ Global: { authority, graph } });
      const deps = { clock, random: () => 0.5 };
      const log = createLogger("silent");
      const operator = { config, endpoints, instance: "one", log, deps, signal: stop.signal, ca };
      running = { stop, ended: startOperator(operator) };
    },
    async stop() {
      running?.stop.abort(new Error("the story says so"));
      await running?.ended;
    },
  };
  const printed: string[] = [];
  const kubectl = spawn(KUBECTL ?? "kubectl", ["--kubeconfig", kubeconfig, "-n", "mail", "get", "o365", "-w"]);
  kubectl.stdout.setEncoding("utf8").on("data", (text: string) => printed.push(text));
  onTestFinished(async () => {
    kubectl.kill();
    await stage.stop();
    await tenant.close();
    await controlPlane.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { ...stage, printed: () => printed.join("") };
}

type Stage = Awaited<ReturnType<typeof createStage>>;

async function tell(stage: Stage): Promise<void> {
  const { setClock, until, patch, tenant, clock } = stage;
  const done = (slot: string) => until(({ lastSync }) => lastSync?.slotTime?.includes(slot) && lastSync.result);
  const attempt = (count: number) => until(({ lastSync }) => lastSync?.attempts === count && lastSync.result);
  stage.start();
  await stage.install();
  await until(({ lastSync }) => lastSync?.result);
  tenant.company.hire("nora@example.com");
  setClock(0, "06:00");
  await done("30T06");
  setClock(0, "09:10");
  await patch({ metadata: { annotations: { "o365sync.dev/sync": "1" } } });
  await until(({ handledSync }) => handledSync === "1");
  const mend = tenant.fault({ on: "users", effect: { kind: "status", status: 503 } });
  setClock(0, "12:00");
  await done("30T12");
  clock.shift(2 * 60_000);
  await attempt(2);
  mend();
  clock.shift(4 * 60_000);
  await attempt(3);
  for (const { id } of [...tenant.company.users.values()].slice(0, 60)) tenant.company.remove(id);
  setClock(0, "18:00");
  const { held } = await until((status) => status.held);
  setClock(0, "18:30");
  await patch({ metadata: { annotations: { "o365sync.dev/approve": held?.planDigest } } });
  await until(({ handledApprove }) => handledApprove === held?.planDigest);
  setClock(0, "20:00");
  await patch({ spec: { suspend: true } });
  await until(({ schedule }) => schedule?.next === "suspended");
  setClock(1, "07:00");
  await patch({ spec: { suspend: false } });
  await until(({ schedule }) => schedule?.nextTime);
  await stage.stop();
  setClock(1, "15:00");
  stage.start();
  await until(({ schedule }) => schedule?.missedSlots);
  setClock(1, "18:00");
  await done("01T18");
}

/** Of each line what does not depend on the second: all but ages; what looks the same as the line before is left out. */
function story(text: string): string[] {
  const lines = text.split("\n").flatMap((line) => {
    if (!line.startsWith("example-com")) return [];
    const cells = line.trim().split(/ {2,}/);
    return [cells.filter((cell) => !/^\d+[smhd](\d+[smhd])?$/.test(cell)).join("  ")];
  });
  return lines.filter((line, index) => line !== lines[index - 1]);
}

describe.runIf(KUBECTL !== undefined || process.env["CI"])("kubectl get o365 -w", () => {
  it("reads as the documentation shows", { timeout: 120_000 }, async () => {
    const stage = await createStage();
    await tell(stage);
    const text = stage.printed();
    const page = await readFile(new URL("../../../docs/schedule.md", import.meta.url), "utf8");
    const shown = /```text\n(NAME[^`]*)```/.exec(page)?.[1] ?? "";
    expect(story(text), text).toEqual(story(shown));
  });
});
