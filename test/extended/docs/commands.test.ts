/**
 * What the documentation tells people to type is typed, page by page, beginning with the README: an empty cluster, the chart
 * installed by the documented command, the operator with the chart's flags as the chart's service account. On each page somebody
 * makes a mistake, sees what the page says of it, mends it, and goes on where it was made.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandsOf } from "../../support/commands.ts";
import { MISTAKES } from "../../support/mistakes/index.ts";
import { linesOf, type Mistake, type Step } from "../../support/mistakes/mistake.ts";
import { certificate, settled, upgraded } from "../../support/mistakes/steps.ts";
import type { Page } from "../../support/pages.ts";
import { missing } from "../../support/tools.ts";
import { helm } from "../chart/helm.ts";
import { createReader, type Reader, type Typed } from "./reader.ts";
import { isRun, READ } from "./reading.ts";

const assets = process.env["KUBEBUILDER_ASSETS"] ?? "";
const isPossible = helm !== undefined && assets !== "" && existsSync(join(assets, "kubectl"));
if (!isPossible) missing("the commands need helm, and KUBEBUILDER_ASSETS with kubectl");

const [FIRST, SECOND] = ["README.md", "docs/getting-started.md"];
const OBJECT = "o365syncs.o365sync.dev/example-com";

describe.skipIf(!isPossible)("Commands of", { timeout: 240_000 }, () => {
  let reader: Reader;

  /** What a page may take for granted: a published list, and what it speaks of. */
  async function prepare({ path }: Page, commands: readonly string[]): Promise<void> {
    await reader.openShell();
    const speaksOf = (what: string): boolean => commands.some((command) => command.includes(what));
    if (speaksOf("argocd"))
      await reader.ok(["kubectl create namespace argocd", "kubectl -n argocd create configmap argocd-cm"]);
    if (speaksOf("--cert=tls.crt") && !speaksOf("openssl")) await reader.ok([certificate(365)]);
    if (speaksOf("o365-sync-gateway-mx1"))
      await reader.ok([`${upgraded} --set gateways[0].name=mx1,gateways[0].namespace=mail,gateways[0].token=true`]);
    if (!speaksOf("-plan")) return;
    const name = path.replaceAll(/[^a-z]/g, "");
    reader.tenant.company.hire(`newcomer.${name}@example.com`);
    await reader.ok([
      `kubectl -n mail patch ${OBJECT} --type=merge -p '{"spec":{"operationsLimit":{"accountAdds":0}}}'`,
      `kubectl -n mail annotate ${OBJECT} o365sync.dev/sync=${name} --overwrite`,
      `kubectl -n mail wait ${OBJECT} --for=condition=Held --timeout=60s`,
    ]);
  }

  /** In their order. */
  async function take(steps: readonly Step[]): Promise<void> {
    const done = steps.findIndex((step) => typeof step === "function");
    await reader.ok(steps.slice(0, done === -1 ? steps.length : done).filter((step) => typeof step === "string"));
    const step = steps[done];
    if (typeof step !== "function") return;
    step(reader);
    await take(steps.slice(done + 1));
  }

  /** What is asked with a token is answered once; everything else may be looked at again, for a while. */
  async function until(lines: readonly string[], is: (typed: Typed) => boolean): Promise<Typed> {
    // A token is a second of the clock: no reader mends anything within one.
    await pause(1_000);
    for (let look = 1; ; look++) {
      const typed = await reader.type(lines);
      if (is(typed) || look === 20 || lines.some((line) => line.startsWith("TOKEN="))) return typed;
      await pause(250);
    }
  }

  /** Nothing is typed anew but what was wrong, and the same lines. */
  async function mend(page: Page, mistake: Mistake): Promise<void> {
    const { what, make = [], seen = "", lacks, cure, check = [] } = mistake;
    const isWrong = ({ shown }: Typed): boolean =>
      lacks === undefined ? shown.includes(seen) : !shown.includes(lacks);
    if (page.path !== FIRST && page.path !== SECOND) await reader.ok(settled);
    await take(make);
    const wrong = await until(linesOf(page, mistake, true), isWrong);
    expect(isWrong(wrong), `${what} shows:\n${wrong.shown}`).toBe(true);
    await take(cure);
    const right = await until(linesOf(page, mistake, false), (typed) => typed.code === 0 && !isWrong(typed));
    expect(right.code === 0 && !isWrong(right), `${what}, mended, shows:\n${right.shown}`).toBe(true);
    await reader.ok(check);
  }

  beforeAll(async () => {
    reader = await createReader(assets);
  }, 180_000);
  afterAll(() => reader?.close());

  it.each(READ.map((page) => [page.path, page] as const))("%s work, typed in their order", async (path, page) => {
    const commands = commandsOf(page).filter(isRun);
    await prepare(page, commands);
    const mistakes = MISTAKES.filter((each) => each.page === path);
    for (const mistake of mistakes.filter(({ isFirst }) => isFirst)) await mend(page, mistake);
    await reader.ok(commands);
    // By the chart's rights alone.
    if (path === FIRST)
      await reader.ok([
        `kubectl -n mail get configmap example-com-recipients -o jsonpath='{.data.relay_recipients}' | grep -c '^ada.abel@example.com OK$'`,
      ]);
    if (path === SECOND)
      await reader.ok([`kubectl -n mail get ${OBJECT} -o jsonpath='{.spec.schedule.enabled}' | grep -cx true`]);
    for (const mistake of mistakes.filter(({ isFirst }) => !isFirst)) await mend(page, mistake);
  });
});
