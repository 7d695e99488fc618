/** What Argo CD makes of our objects: the scripts of examples/gitops/argocd, run by a Lua interpreter. */
import { readdirSync, readFileSync } from "node:fs";
import { type CelInput, celEnv, celMap, parse as parseCel, plan } from "@bufbuild/cel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LuaEngine, LuaFactory } from "wasmoon";
import { parse as parseYaml } from "yaml";
import { type Kstatus, kstatusOf, realKstatus } from "../../support/kstatus.ts";

const FOLDER = new URL("../../../examples/gitops/argocd/", import.meta.url);
const script = (name: string): string => readFileSync(new URL(name, FOLDER), "utf8");

/** A JSON value as Lua writes it. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (Array.isArray(value)) return `{${value.map(literal).join(",")}}`;
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([key, child]) => `[${JSON.stringify(key)}]=${literal(child)}`);
    return `{${entries.join(",")}}`;
  }
  return JSON.stringify(value);
}

let lua: LuaEngine;
beforeAll(async () => {
  lua = await new LuaFactory().createEngine();
});
afterAll(() => lua.global.close());

/** Argo CD hands the object over as the global `obj`. */
const run = async (name: string, object: object): Promise<unknown> =>
  lua.doString(`obj = ${literal(object)}\n${script(name)}`);

type Line = `${string}=${string}/${string}`;
const conditions = (lines: readonly Line[]) =>
  lines.map((line) => {
    const [, type, status, reason] = /^(\w+)=(\w+)\/(\w+)$/.exec(line) ?? [];
    return { type, status, reason, message: `${type} because of ${reason}` };
  });
const object = (lines: readonly Line[], spec: object = {}) => ({
  metadata: { generation: 2 },
  spec,
  status: { observedGeneration: 2, conditions: conditions(lines) },
});

const JUDGED: readonly (readonly [name: string, object: object, status: string, message: RegExp])[] = [
  ["just created", { metadata: { generation: 1 }, status: { observedGeneration: -1 } }, "Progressing", /first look/],
  [
    "changed in Git",
    { ...object(["Ready=True/Succeeded"]), metadata: { generation: 3 } },
    "Progressing",
    /latest spec/,
  ],
  ["in its first run", object(["Ready=Unknown/Progressing", "Reconciling=True/Progressing"]), "Progressing", /Ready/],
  ["published", object(["Ready=True/Succeeded", "Published=True/Succeeded"]), "Healthy", /Succeeded/],
  ["published and suspended", object(["Ready=True/Succeeded"], { suspend: true }), "Healthy", /^Suspended\. /],
  ["never synced, automatic sync off", object(["Ready=False/AwaitingFirstSync"]), "Progressing", /AwaitingFirstSync/],
  [
    "changed, with automatic sync off",
    object(["Ready=False/SyncRequired", "Published=True/S", "Stalled=True/SyncRequired"]),
    "Degraded",
    /SyncRequired/,
  ],
  ["held", object(["Ready=False/Held", "Held=True/DeletionGuard", "Stalled=True/Held"]), "Degraded", /Held/],
  ["retrying", object(["Ready=False/Throttled", "Reconciling=True/ProgressingWithRetry"]), "Progressing", /Throttled/],
  ["waiting for a Secret", object(["Ready=False/DependencyNotReady", "Reconciling=True/P"]), "Progressing", /Depend/],
  ["failed by hand", object(["Ready=False/Throttled", "Stalled=True/Throttled"]), "Degraded", /Throttled/],
  ["without a slot", object(["Ready=False/ScheduleMissed"]), "Progressing", /ScheduleMissed/],
  [
    "without a gateway",
    object(["Ready=False/NoInboundServer", "Stalled=True/NoInboundServer"]),
    "Degraded",
    /NoInbound/,
  ],
  ["stalled", object(["Ready=False/TenantNotAllowed", "Stalled=True/TenantNotAllowed"]), "Degraded", /Stalled/],
  ["stalled and suspended", object(["Ready=False/X", "Stalled=True/X"], { suspend: true }), "Degraded", /Stalled/],
];

const SAME: Readonly<Record<string, Kstatus>> = { Healthy: "Current", Progressing: "InProgress", Degraded: "Failed" };

describe("Health in Argo CD", () => {
  it("of an object without any status is not known yet", async () => {
    const health = await run("health.lua", { metadata: { generation: 1 } });
    expect(health).toEqual({ status: "Progressing", message: expect.stringMatching(/first look/) as string });
  });

  it.each(JUDGED)("of an object that is %s", async (_, given, status, message) => {
    expect(await run("health.lua", given)).toEqual({ status, message: expect.stringMatching(message) as string });
  });

  it.each(JUDGED)("and of kstatus agree on an object that is %s (issue 17, point 16)", (_, given, status) => {
    expect(kstatusOf(given as Parameters<typeof kstatusOf>[0])).toBe(SAME[status]);
  });

  it.runIf(process.env["KSTATUS"])("and of the real kstatus agree, where $KSTATUS names it", () => {
    expect(realKstatus(JUDGED.map(([, given]) => given))).toEqual(JUDGED.map(([, , status]) => SAME[status]));
  });
});

interface Expressions {
  readonly kind: string;
  readonly inProgress: string;
  readonly failed: string;
  readonly current: string;
}
/** Those that docs/gitops.md shows for Flux. */
function shownExpressions(): Expressions[] {
  const page = readFileSync(new URL("../../../docs/gitops.md", import.meta.url), "utf8");
  const [, block = ""] = /```yaml\n(healthCheckExprs:[^`]*)```/.exec(page) ?? [];
  return (parseYaml(block) as { healthCheckExprs: Expressions[] }).healthCheckExprs;
}

function toCel(value: unknown): CelInput {
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value === "number") return BigInt(value);
  if (typeof value !== "object" || value === null) return value as CelInput;
  return celMap(new Map(Object.entries(value).map(([key, child]): [string, CelInput] => [key, toCel(child)])));
}

/** As kustomize-controller asks them: the first that is true counts, and an object of which none is goes on. */
function judgedByFlux({ inProgress, failed, current }: Expressions, given: object): Kstatus {
  const isTrue = (expression: string): boolean => {
    const run = plan(celEnv(), parseCel(expression)) as (variables: Record<string, CelInput>) => unknown;
    return run(Object.fromEntries(Object.entries(given).map(([key, child]) => [key, toCel(child)]))) === true;
  };
  if (isTrue(inProgress)) return "InProgress";
  if (isTrue(failed)) return "Failed";
  return isTrue(current) ? "Current" : "InProgress";
}

describe("Health in Flux", () => {
  it("is told of both kinds", () => {
    expect(shownExpressions().map(({ kind }) => kind)).toEqual(["O365Sync", "MailDomain"]);
  });

  it.each(JUDGED)("by the expressions of the page is the same, of an object that is %s", (_, given, status) => {
    for (const each of shownExpressions()) expect(judgedByFlux(each, given)).toBe(SAME[status]);
  });
});

describe("Actions in Argo CD", () => {
  const actions = readdirSync(new URL("actions/", FOLDER)).filter((file) => file !== "discovery.lua");

  it("are those that the menu offers", async () => {
    const offered = (await run("actions/discovery.lua", {})) as object;
    expect(Object.keys(offered).sort()).toEqual(actions.map((file) => file.replace(".lua", "")).sort());
  });

  it.each(actions)("%s asks with a token that the operator takes, and changes nothing else", async (file) => {
    const annotation = `o365sync.dev/${file.replace(".lua", "")}`;
    for (const annotations of [undefined, { kept: "yes" }]) {
      const given = {
        metadata: { name: "example-com", ...(annotations && { annotations }) },
        spec: { suspend: false },
      };
      const changed = (await run(`actions/${file}`, given)) as typeof given;
      const token = (changed.metadata.annotations as Record<string, string> | undefined)?.[annotation];
      expect(token).toMatch(/^[A-Za-z0-9._:+-]{1,128}$/);
      expect(changed).toEqual({
        ...given,
        metadata: { ...given.metadata, annotations: { ...annotations, [annotation]: token } },
      });
    }
  });
});
