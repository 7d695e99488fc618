/** An operator that may change fewer ConfigMaps than the chart lets it: those of some namespaces, or its own by a policy. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { call } from "../../../dev/controlplane/call.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { createPerson } from "../../support/people.ts";
import { operatorRules, type Rule } from "../../support/rights.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const POLICIES = "/apis/admissionregistration.k8s.io/v1";
const EXAMPLE = new URL("../../../examples/admission-policy.yaml", import.meta.url);
const NAME = "operator";
/** The embedded API server asks nobody for rights, and knows no policies. */
const isReal = process.env["KUBEBUILDER_ASSETS"] !== undefined && process.env["KUBEBUILDER_ASSETS"] !== "";

const all = operatorRules().operator;
const WRITES = ["create", "update", "delete"];
const readsOnly = all.map((rule) =>
  rule.resources.includes("configmaps")
    ? { ...rule, verbs: rule.verbs.filter((verb) => !WRITES.includes(verb)) }
    : rule,
);

describe.skipIf(!isReal)("On a real API server (KUBEBUILDER_ASSETS), an operator", { timeout: 90_000 }, () => {
  let folder: string;
  const worlds: World[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-confined-"));
  });
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A world without an operator, and a service account in it with these rights. */
  async function createHome(rules: readonly Rule[]) {
    const path = join(folder, `${worlds.length}-${Math.round(performance.now())}`);
    const world = await createWorld({ operator: false, kubeconfig: path });
    worlds.push(world);
    const { namespace } = world;
    const token = await createPerson(useControlPlane(), { name: NAME, namespace, rules, path });
    return { world, access: { ...useControlPlane(), adminToken: token } };
  }

  it("that may write ConfigMaps in one namespace alone works there, and says elsewhere what it may not", async () => {
    const { world } = await createHome(all);
    const other = await createWorld({ operator: false });
    worlds.push(other);
    const subjects = [{ kind: "ServiceAccount", name: NAME, namespace: world.namespace }];
    const place = `${RBAC}/namespaces/${other.namespace}`;
    const make = async (path: string, body: object): Promise<void> => {
      expect((await call(useControlPlane(), { method: "POST", path, body })).status).toBe(201);
    };
    await make(`${place}/roles`, { metadata: { name: NAME }, rules: readsOnly });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: NAME };
    await make(`${place}/rolebindings`, { metadata: { name: NAME }, roleRef, subjects });
    await world.startOperator([`--watch-namespaces=${world.namespace},${other.namespace}`]);
    await world.install();
    await other.install();
    expect((await world.ask("sync", "1")).status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    await other.annotate("sync", "1");
    const { status } = await other.until(
      () => other.sync(),
      (sync) => sync.status?.requests?.sync?.state === "Failed",
    );
    expect(status?.requests?.sync?.message).toContain('cannot create resource "configmaps"');
    expect(brief(status?.conditions)).toContain("Stalled=True/Forbidden");
    expect((await other.configMaps()).map(({ metadata }) => metadata.name)).toEqual([]);
  });

  it("under the policy of the documentation publishes, and changes nothing but its own", async () => {
    const { world, access } = await createHome(all);
    const { namespace } = world;
    const user = `system:serviceaccount:${namespace}:${NAME}`;
    const text = readFileSync(EXAMPLE, "utf8")
      .replaceAll("o365-sync-operator-keeps-to-its-own", `own-${namespace}`)
      .replace("system:serviceaccount:o365-sync-system:o365-sync-operator", user);
    for (const object of parseAllDocuments(text).map((document) => document.toJS() as { kind: string })) {
      const plural = object.kind.endsWith("Binding")
        ? "validatingadmissionpolicybindings"
        : "validatingadmissionpolicies";
      const made = await call(useControlPlane(), { method: "POST", path: `${POLICIES}/${plural}`, body: object });
      expect(made).toMatchObject({ status: 201 });
    }
    const maps = `/api/v1/namespaces/${namespace}/configmaps`;
    const data = { data: { key: "value" } };
    await world.apply("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "foreign" }, ...data });
    const change = () =>
      call(access, { method: "PUT", path: `${maps}/foreign`, body: { metadata: { name: "foreign" }, ...data } });
    // A policy is in force a moment after it was made.
    const refused = await world.until(change, ({ status }) => status === 422 || status === 403);
    expect(JSON.stringify(refused.body)).toContain("changes no ConfigMap that is not its own");
    const taken = { metadata: { name: "foreign", labels: { "o365sync.dev/sync": "x" } }, data: {} };
    const attempts = [
      await call(access, { method: "PUT", path: `${maps}/foreign`, body: taken }),
      await call(access, { method: "DELETE", path: `${maps}/foreign` }),
      await call(access, { method: "POST", path: maps, body: { metadata: { name: "new" }, ...data } }),
    ];
    for (const { body } of attempts) expect(JSON.stringify(body)).toMatch(/no ConfigMap that is not its own/);
    expect((await world.configMap("foreign"))?.data).toEqual(data.data);
    await world.startOperator();
    await world.install({ output: { shards: 4 } });
    expect((await world.ask("sync", "1")).status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    await world.ask("testSync", "2");
    await world.until(
      () => world.domain(),
      ({ status }) => brief(status?.conditions).includes("Ready=True/Routed"),
    );
    await world.remove("configmaps", "example-com-recipients-4-0");
    await world.until(
      () => world.configMap("example-com-recipients-4-0"),
      (found) => found !== undefined,
    );
  });
});
