/** A right that the operator lacks is named where people look; a namespace that is going is left alone. Needs a real API server. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { request } from "../../support/api.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { passing, readsOf, SCHEDULE, whole } from "../../support/healing/play.ts";
import { expectDescribed } from "../../support/hostile/golden.ts";
import { createRandom } from "../../support/random.ts";
import { operatorRules, type Rule } from "../../support/rights.ts";
import { createShiftClock } from "../../support/shift-clock.ts";
import { brief, createWorld, type World } from "../../support/world.ts";
import { createMemoryLog } from "../../unit/runtime/support/logger.ts";

const { kind, server, ca = "" } = useControlPlane();
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const TEN_MINUTES_MS = 600_000;
const HOURS = 3;
/** Retries whose pauses double up to an hour, and a look at what may be gone every 10 minutes. */
const MOST_READS = 6 * HOURS + 6;

const without = (rules: readonly Rule[], resource: string, verb: string): Rule[] =>
  rules
    .flatMap((rule) => rule.resources.map((name) => ({ ...rule, resources: [name] })))
    .map((rule) =>
      rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((name) => name !== verb) } : rule,
    )
    .filter(({ verbs }) => verbs.length > 0);

/** A service account with these rules, and a kubeconfig for it. */
async function createIdentity(folder: string, rules: readonly Rule[]) {
  const name = `hostile-${randomUUID().slice(0, 8)}`;
  const must = async (method: "POST" | "PATCH", path: string, body: object, type?: string): Promise<unknown> => {
    const answer = await request(method, path, body, type);
    if (answer.status >= 300) throw new Error(`${path}: HTTP ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const account = "/api/v1/namespaces/default/serviceaccounts";
  await must("POST", account, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  const issued = (await must("POST", `${account}/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: 3600 },
  })) as { status: { token: string } };
  await must("POST", `${RBAC}/clusterroles`, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name },
    rules,
  });
  await must("POST", `${RBAC}/clusterrolebindings`, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name, namespace: "default" }],
  });
  const kubeconfig = join(folder, `${name}.kubeconfig`);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "it", cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
    users: [{ name, user: { token: issued.status.token } }],
    contexts: [{ name: "it", context: { cluster: "it", user: name } }],
    "current-context": "it",
  };
  await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return {
    kubeconfig,
    grant: (all: readonly Rule[]) =>
      must("PATCH", `${RBAC}/clusterroles/${name}`, { rules: all }, "application/merge-patch+json"),
  };
}

describe.skipIf(kind !== "real")("On an API server that asks for rights (skipped: needs KUBEBUILDER_ASSETS)", () => {
  const { operator: RULES } = operatorRules();
  let world: World | undefined;
  let folder = "";
  afterEach(async () => {
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const clock = createShiftClock();
  const log = createMemoryLog();
  const logged = (): Promise<string> =>
    Promise.resolve(log.lines.map(({ message, meta }) => `${message} ${String(meta["err"])}`).join("\n"));

  async function start(rules: readonly Rule[]) {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-rights-"));
    const identity = await createIdentity(folder, rules);
    world = await createWorld({ kubeconfig: identity.kubeconfig, deps: { clock, random: createRandom(2) }, log });
    await world.install({ schedule: { enabled: true, times: ["00:00", "06:00", "12:00", "18:00"] } });
    return { world, identity };
  }

  it.each([
    ["secrets", "get"],
    ["configmaps", "create"],
    ["configmaps", "get"],
  ])(
    "the missing right for %s to be %s is told by name in the conditions, and noticed when it is there",
    async (resource, verb) => {
      const { world, identity } = await start(without(RULES, resource, verb));
      const is =
        (line: string) =>
        ({ status }: O365Sync): boolean =>
          brief(status?.conditions).includes(line);
      const shown = await world.until(() => world.sync(), is("Stalled=True/Forbidden"));
      const { status } = shown;
      await expectDescribed(world, shown, `the missing right for ${resource} to be ${verb}`);
      const ready = status?.conditions?.find(({ type }) => type === "Ready");
      expect(ready?.message).toContain(`cannot ${verb} resource "${resource}"`);
      expect(ready?.message).toContain("bind the role that the chart brings");
      await identity.grant(RULES);
      clock.shift(TEN_MINUTES_MS + 1);
      await world.until(() => {
        clock.shift(10_000);
        return world.sync();
      }, is("Ready=True/Succeeded"));
    },
  );

  it.each([
    ["o365syncs", "list"],
    ["o365syncs", "watch"],
    ["maildomains", "list"],
    ["o365syncs/status", "patch"],
    ["events", "create"],
  ])("the missing right for %s to be %s is told by name in the log", async (resource, verb) => {
    const { world } = await start(without(RULES, resource, verb));
    const [name, subresource] = resource.split("/");
    const words = subresource === undefined ? `resource "${name}"` : `resource "${resource}"`;
    await world.until(logged, (text) => text.includes(`cannot ${verb} ${words}`));
  });
});

describe.skipIf(kind !== "real")("A namespace that is being deleted (skipped: needs KUBEBUILDER_ASSETS)", () => {
  it("gets no new ConfigMap, says so, and keeps the list that stands to its end", async () => {
    const world = await createWorld();
    await world.install();
    await world.ask("sync", "first");
    world.gateway.expectAlways(world.gateway.accepted());
    // Nobody finishes the deletion here: the namespace stays Terminating.
    await request("DELETE", `/api/v1/namespaces/${world.namespace}`);
    await world.patch("o365syncs", "example-com", { spec: { output: { shards: 2 } } });
    const shown = await world.until(
      () => world.sync(),
      ({ status }) => status?.conditions?.[0]?.reason === "NamespaceTerminating",
    );
    const { status } = shown;
    await expectDescribed(world, shown, "the namespace is being deleted");
    expect(status?.conditions?.[0]?.message).toContain(
      "the namespace is being deleted; nothing more is written into it",
    );
    expect(brief(status?.conditions)).toContain("Published=True/Published");
    await world.close();
  });

  it.each([
    ["a list stands", false],
    ["the first sync meets it", true],
  ])("makes nobody ask the tenant again and again, where %s", { timeout: 60_000 }, async (_, first) => {
    const clock = createShiftClock({ hurried: true });
    const world = await createWorld({ deps: { clock, random: createRandom(5) } });
    await world.install({ schedule: SCHEDULE, suspend: first });
    if (!first) await whole(world);
    await request("DELETE", `/api/v1/namespaces/${world.namespace}`);
    if (first) await world.patch("o365syncs", "example-com", { spec: { suspend: false } });
    else {
      // Only a run needs a ConfigMap more: the plan that it holds.
      const { users } = world.tenant.company;
      for (const id of [...users.keys()].slice(0, 150)) users.delete(id);
      const next = Date.parse((await world.sync()).status?.schedule?.nextTime ?? "");
      clock.shift(next - clock.now() + 1_000);
    }
    const before = readsOf(world);
    await passing(clock, HOURS * 3_600_000, () => Promise.resolve(false), 0);
    expect(brief((await world.sync()).status?.conditions)).toContain("Ready=False/NamespaceTerminating");
    const asked = readsOf(world) - before;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(MOST_READS);
    await world.close();
  });
});
