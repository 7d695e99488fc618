/**
 * What the documentation tells people to type is typed, page by page, beginning with "getting started": an empty cluster,
 * the chart installed by the documented command, the operator with the chart's flags as the chart's service account.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call } from "../../../dev/controlplane/call.ts";
import { startRealControlPlane } from "../../../dev/controlplane/real.ts";
import { type OperatorProcess, startOperatorProcess } from "../../../dev/demo/operator.ts";
import { harbourAndPine } from "../../../dev/tenant/fixture.ts";
import { startTenant, type Tenant } from "../../../dev/tenant/index.ts";
import type { ControlPlane } from "../../../dev/types.ts";
import { bundle } from "../../../scripts/bundle.ts";
import { commandsOf, SYSTEM } from "../../support/commands.ts";
import { type Page, ROOT, readPages } from "../../support/pages.ts";
import { missing } from "../../support/tools.ts";
import { container, helm, type Manifest } from "../chart/helm.ts";
import { NOT_RUN, PAGES_NOT_TYPED } from "./explained.ts";

const runFile = promisify(execFile);
const assets = process.env["KUBEBUILDER_ASSETS"] ?? "";
const kubectl = join(assets, "kubectl");
const isPossible = helm !== undefined && assets !== "" && existsSync(kubectl);
if (!isPossible) missing("the commands need helm, and KUBEBUILDER_ASSETS with kubectl");

/** What an earlier page has made may be there. */
const PRELUDE = `set -euo pipefail
kubectl() {
  local answer
  if answer=$(command kubectl "$@" 2>&1); then printf '%s\\n' "$answer"; return 0; fi
  if [[ "$1 $2 $3" == *create* && "$answer" == *"already exists"* ]]; then return 0; fi
  printf '%s\\n' "$answer" >&2
  return 1
}`;

const isRun = (command: string): boolean => !NOT_RUN.some(([pattern]) => pattern.test(command));

/** As a reader meets them: the first two are the way in, the last takes everything away. */
const FIRST = "README.md";
const SECOND = "docs/getting-started.md";
const LAST = "docs/upgrade.md";
const rank = ({ path }: Page): number => (path === LAST ? 3 : path === FIRST ? 0 : path === SECOND ? 1 : 2);

/** The lines of a page that ask for something and wait for the answer, and nothing before or between them. */
function asking(path: string, annotation: string): string[] {
  const lines = pages.filter((each) => each.path === path).flatMap(commandsOf);
  const handled = `.status.handled${annotation.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())}}`;
  const ask = lines.find((line) => line.includes(`o365sync.dev/${annotation}=$TOKEN`));
  const wait = lines.find((line) => line.includes(handled) && line.includes("=$TOKEN "));
  if (ask === undefined || wait === undefined) throw new Error(`${path} does not ask for ${annotation} and wait`);
  return ["TOKEN=$(date +%s)", ask, wait];
}

const O365SYNC = "kubectl -n mail get o365syncs.o365sync.dev/example-com";
const SECRET_AGAIN = "--dry-run=client -o yaml | kubectl apply --server-side --force-conflicts -f -";
const secret = (value: string): string =>
  `kubectl -n mail create secret generic o365 --from-literal=clientSecret=${value} ${SECRET_AGAIN}`;

interface Mistake {
  readonly page: string;
  readonly what: string;
  /** What goes wrong, done by hand or in the tenant. */
  readonly make: readonly string[];
  readonly ask: string;
  /** What the answer says to mend. */
  readonly says: RegExp;
  /** What the page or the answer tells to do, and nothing else. */
  readonly cure: readonly string[];
  /** The answer once it is mended. Default: Succeeded. */
  readonly mended?: RegExp;
}

/** On each page that asks: one mistake, its cure, and the same lines again. */
const MISTAKES: readonly Mistake[] = [
  {
    page: FIRST,
    what: "a secret's id in place of its value",
    make: [secret("0a1b2c3d-0000-4000-8000-000000000000")],
    ask: "sync",
    says: /AADSTS7000215.*put its value \(not its id\) into the Secret/,
    cure: [secret("a-secret-of-the-simulated-tenant")],
  },
  {
    page: SECOND,
    what: "a wrong secret",
    make: [secret("wrong")],
    ask: "test-connection",
    says: /AADSTS7000215/,
    cure: [secret("a-secret-of-the-simulated-tenant")],
  },
  {
    page: "docs/o365sync.md",
    what: "a Secret that is not there",
    make: ["kubectl -n mail delete secret o365"],
    ask: "sync",
    says: /the Secret o365 does not exist in this namespace; create it/,
    cure: [secret("a-secret-of-the-simulated-tenant")],
    // The page's own plan waits all the while: the tenant is read again, and holds it again.
    mended: /"reason":"OperationsLimit"/,
  },
  {
    page: "docs/restore-from-backup.md",
    what: "an object that is still suspended",
    make: [`kubectl -n mail patch o365syncs.o365sync.dev/example-com --type=merge -p '{"spec":{"suspend":true}}'`],
    ask: "test-sync",
    says: /spec\.suspend/,
    cure: [`kubectl -n mail patch o365syncs.o365sync.dev/example-com --type=merge -p '{"spec":{"suspend":false}}'`],
  },
];
const typed = readPages().filter(({ path }) => !(path in PAGES_NOT_TYPED));
const pages = typed.filter((page) => commandsOf(page).some(isRun)).sort((a, b) => rank(a) - rank(b));

describe.skipIf(!isPossible)("Commands of", { timeout: 120_000 }, () => {
  let controlPlane: ControlPlane;
  let tenant: Tenant;
  let folder: string;
  let kubeconfig: string;
  let operator: OperatorProcess | undefined;

  /** As a person's shell runs them; the first that fails ends it. The tenant answers from this very process meanwhile. */
  async function ok(commands: readonly string[]): Promise<string> {
    const env = { ...process.env, KUBECONFIG: kubeconfig, PATH: `${folder}:${process.env["PATH"]}` };
    const script = `${PRELUDE}\n${commands.join("\n")}`;
    try {
      return (await runFile("bash", ["-c", script], { cwd: ROOT, timeout: 60_000, env })).stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`a command failed:\n${stdout.slice(-1000)}\n${stderr.slice(-2000)}`, { cause: error });
    }
  }

  /** What kubelet would do: the Deployment's own flags, its service account's token. Ports and endpoints are of this machine. */
  async function startDeployed(): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${SYSTEM}/deployments/o365-sync-operator`;
    const { body } = await call(controlPlane, { method: "GET", path });
    const { args } = container([{ ...(body as Manifest), kind: "Deployment" }]);
    const token = await call(controlPlane, {
      method: "POST",
      path: `/api/v1/namespaces/${SYSTEM}/serviceaccounts/o365-sync-operator/token`,
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    });
    const { token: adminToken } = (token.body as { status: { token: string } }).status;
    const { writeKubeconfig } = await import("../../../dev/kubeconfig.ts");
    const own = join(folder, "operator.kubeconfig");
    await writeKubeconfig({ ...controlPlane, adminToken }, own, "admin");
    const endpoints = join(folder, "endpoints.json");
    await writeFile(endpoints, JSON.stringify({ Global: { authority: tenant.authority, graph: tenant.graph } }));
    operator = await startOperatorProcess(folder, [
      ...args,
      `--kubeconfig=${own}`,
      `--cloud-endpoints=${endpoints}`,
      "--metrics-bind-address=0",
      "--health-probe-bind-address=0",
    ]);
  }

  /** What a page may take for granted: a published list, and a plan that is held where it speaks of one. */
  async function prepare(page: Page): Promise<void> {
    if (page.path === FIRST || page.path === SECOND) return;
    await ok([
      `kubectl create namespace argocd --dry-run=client -o yaml | kubectl apply -f -`,
      `kubectl -n argocd create configmap argocd-cm --dry-run=client -o yaml | kubectl apply -f -`,
      `kubectl -n mail patch o365syncs.o365sync.dev/example-com --type=merge -p '{"spec":{"suspend":false,"operationsLimit":{"accountAdds":0}}}'`,
    ]);
    if (!commandsOf(page).some((command) => command.includes("-plan"))) return;
    tenant.company.hire(`newcomer.${page.path.replaceAll(/[^a-z]/g, "")}@example.com`);
    await ok([
      `kubectl -n mail annotate o365syncs.o365sync.dev/example-com o365sync.dev/sync=${page.path.replaceAll(/[^a-z]/g, "-")} --overwrite`,
      `kubectl -n mail wait o365syncs.o365sync.dev/example-com --for=condition=Held --timeout=60s`,
    ]);
  }

  /** Nothing is typed anew but what was wrong, and the question. */
  async function mend({ what, page, make, ask, says, cure, mended = /"state":"Succeeded"/ }: Mistake): Promise<void> {
    const field = ask.replace(/-(.)/, (_, letter: string) => letter.toUpperCase());
    const request = `${O365SYNC} -o jsonpath='{.status.requests.${field}}'`;
    await ok(make);
    const wrong = await ok([...asking(page, ask), request]);
    expect({ page, what, wrong }).toMatchObject({ wrong: expect.stringMatching(says) });
    // A token is a second of the clock: no reader mends anything within one.
    const answer = await ok([...cure, "sleep 1", ...asking(page, ask), request]);
    expect({ page, what, answer }).toMatchObject({ answer: expect.stringMatching(mended) });
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-commands-"));
    await symlink(kubectl, join(folder, "kubectl"));
    await bundle(join(folder, "kubectl-mailsync"), { entryPoint: "cli/main.ts", banner: "#!/usr/bin/env node" });
    await chmod(join(folder, "kubectl-mailsync"), 0o755);
    kubeconfig = join(folder, "admin.kubeconfig");
    controlPlane = await startRealControlPlane({ assets });
    await controlPlane.writeKubeconfig(kubeconfig, "admin");
    const company = harbourAndPine();
    company.domains.push("example.onmicrosoft.com");
    tenant = await startTenant({ company });
  });
  afterAll(async () => {
    await operator?.stop();
    await tenant.close();
    await controlPlane.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(pages.map((page) => [page.path, page] as const))("%s work, typed in their order", async (_, page) => {
    await prepare(page);
    const commands = commandsOf(page).filter(isRun);
    const install = commands.findIndex((command) => command.startsWith("helm upgrade --install"));
    if (page.path === FIRST) {
      await ok(commands.slice(0, install + 1));
      await startDeployed();
      await ok(commands.slice(install + 1));
      // By the chart's rights alone.
      await ok([
        `kubectl -n mail get configmap example-com-recipients -o jsonpath='{.data.relay_recipients}' | grep -c '^ada.abel@example.com OK$'`,
      ]);
    } else await ok(commands);
    if (page.path === SECOND) await ok([`${O365SYNC} -o jsonpath='{.spec.schedule.enabled}' | grep -cx true`]);
    for (const mistake of MISTAKES.filter((each) => each.page === page.path)) await mend(mistake);
  });
});

describe("A mistake and its cure", () => {
  it("belong to every page that asks and waits for the answer", () => {
    const asks = pages.filter(({ text }) => /o365sync\.dev\/(?:test-)?(?:sync|connection)=\$TOKEN/.test(text));
    const without = asks.map(({ path }) => path).filter((path) => !MISTAKES.some(({ page }) => page === path));
    expect(without).toEqual([]);
  });
});

describe("Commands that are not run", () => {
  it("are explained, and none is explained that is not there", () => {
    const all = typed.flatMap(commandsOf);
    for (const [pattern] of NOT_RUN.slice(0, 4)) expect(all.some((command) => pattern.test(command))).toBe(true);
    const known = /^(kubectl|helm|TOKEN=|VERSION=)/;
    expect(all.filter((command) => isRun(command) && !known.test(command))).toEqual([]);
  });
});
