/** No right too many, none too few: with any single one taken away, something that the operator must do is refused. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { request } from "../../support/api.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { operatorRules, type Rule } from "../../support/rights.ts";
import { missing } from "../../support/tools.ts";
import { createWorld, type World } from "../../support/world.ts";
import { type Recorder, type Right, startRecorder } from "./recorder.ts";

/** What each right is for. */
const NEEDS: readonly (readonly [right: Right, purpose: string])[] = [
  ["get o365sync.dev/maildomains", "judges a domain as it stands, not as its cache remembers it"],
  ["list o365sync.dev/maildomains", "finds the domains"],
  ["watch o365sync.dev/maildomains", "notices a changed domain"],
  ["patch o365sync.dev/maildomains/status", "says what became of a domain"],
  ["update o365sync.dev/maildomains/finalizers", "makes a routing table that goes with its domain"],
  ["get o365sync.dev/o365syncs", "judges a sync as it stands"],
  ["list o365sync.dev/o365syncs", "finds the syncs"],
  ["watch o365sync.dev/o365syncs", "notices a request"],
  ["patch o365sync.dev/o365syncs/status", "answers a request"],
  ["update o365sync.dev/o365syncs/finalizers", "makes tables that go with their sync"],
  ["get /configmaps", "reads what is published"],
  ["list /configmaps", "finds what is published"],
  ["watch /configmaps", "notices a table that somebody edited"],
  ["create /configmaps", "publishes a list"],
  ["update /configmaps", "publishes a change"],
  ["delete /configmaps", "takes a plan away that is no longer held"],
  ["get /secrets", "reads the credentials that a sync names"],
  ["list /secrets", "finds the Secrets that may wake their syncs"],
  ["watch /secrets", "notices a Secret that was rotated"],
  ["create events.k8s.io/events", "tells what happened"],
  ["patch events.k8s.io/events", "counts what happens again"],
  ["create coordination.k8s.io/leases", "claims the lead"],
  ["get coordination.k8s.io/leases", "sees who leads"],
  ["update coordination.k8s.io/leases", "keeps the lead"],
];

/** Asked for by nobody directly: admission looks at them when an ownerReference blocks deletion. */
const FINALIZERS = /^update (.*)\/finalizers$/;

const rightsOf = ({ apiGroups, resources, verbs }: Rule): Right[] =>
  apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)));

function without(rules: readonly Rule[], right: Right | undefined): Rule[] {
  return rules.flatMap((rule) =>
    rule.apiGroups.flatMap((group) =>
      rule.resources.map((resource) => ({
        ...rule,
        apiGroups: [group],
        resources: [resource],
        verbs: rule.verbs.filter((verb) => `${verb} ${group}/${resource}` !== right),
      })),
    ),
  );
}

/** What the API server says when the right is missing. */
function refusalOf(right: Right): RegExp {
  const owner = FINALIZERS.exec(right);
  if (owner !== null) return /cannot set blockOwnerDeletion/;
  const [verb = "", resource = ""] = right.split(" ");
  const [group = "", ...path] = resource.split("/");
  return new RegExp(`cannot ${verb} resource "${path.join("/")}" in API group "${group}"`);
}

/** A story in which the operator does everything that it ever does. */
async function liveThrough(world: World): Promise<void> {
  const limit = (accountAdds: number | null) =>
    world.patch("o365syncs", "example-com", { spec: { operationsLimit: { accountAdds } } });
  await world.install({ output: { deletionPolicy: "Delete" } }, { deletionPolicy: "Delete" });
  await world.ask("sync", "first");
  await world.ask("sync", "second");
  await world.ask("sync", "third");
  await limit(0);
  world.tenant.company.hire("nora.novak@example.com");
  await world.ask("sync", "held");
  await limit(null);
  await world.ask("sync", "last");
  await world.until(
    () => world.configMap("example-com-plan"),
    (plan) => plan === undefined,
  );
}

/** Several of these stories are told side by side. */
const WHOLE_STORY_MS = 90_000;

const everything = Object.values(operatorRules()).flat();
const isReal = (): boolean => useControlPlane().kind === "real";

describe("The rights of the chart", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-rights-"));
    if (!isReal()) missing("the embedded API server knows no rights: set KUBEBUILDER_ASSETS");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A world whose operator has the rights of the chart's namespaced roles, less one. */
  async function worldWithout(right: Right | undefined) {
    const world = await createWorld({ operator: false });
    const recorder = await startRecorder(useControlPlane());
    const rules = without(everything, right).filter(({ verbs }) => verbs.length > 0);
    const kubeconfig = join(folder, `${world.namespace}.kubeconfig`);
    await writeFile(kubeconfig, kubeconfigOf(recorder, await serviceAccount(world.namespace, rules)), { mode: 0o600 });
    const start = () =>
      world.startOperator([
        `--kubeconfig=${kubeconfig}`,
        "--watch-secrets",
        "--leader-elect",
        `--leader-election-namespace=${world.namespace}`,
      ]);
    return { world, recorder, start };
  }

  it("are those that something is known to need", () => {
    // A gateway's own Role has nothing that the operator has not.
    expect([...new Set(everything.flatMap(rightsOf))].sort()).toEqual(NEEDS.map(([right]) => right).sort());
  });

  it("suffice for everything that the operator does, and each is used", { timeout: 60_000 }, async ({ skip }) => {
    if (!isReal()) return skip();
    const { world, recorder, start } = await worldWithout(undefined);
    try {
      await start();
      await liveThrough(world);
      // Renewed every 2 s.
      await world.until(
        async () => recorder.granted,
        (granted) => granted.has("update coordination.k8s.io/leases"),
      );
      expect(recorder.refused).toEqual([]);
      const used = NEEDS.map(([right]) => right).filter((right) => !FINALIZERS.test(right));
      expect([...recorder.granted].sort()).toEqual(used.sort());
    } finally {
      await world.close();
      await recorder.close();
    }
  });

  it.concurrent.each(NEEDS)("without %s it no longer %s", { timeout: 120_000 }, async (right) => {
    if (!isReal()) return;
    const { world, recorder, start } = await worldWithout(right);
    const says = refusalOf(right);
    try {
      await start();
      // What it waits for may never come.
      void liveThrough(world).catch(() => {});
      await world.until(
        async () => recorder.refused,
        (refused) => refused.some((message) => says.test(message)),
        WHOLE_STORY_MS,
      );
    } finally {
      await world.close().catch(() => {});
      await recorder.close();
    }
  });
});

/** Token of a service account that has these rights in its namespace. */
async function serviceAccount(namespace: string, rules: readonly Rule[]): Promise<string> {
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const metadata = { name: "operator" };
  const create = async (path: string, object: object): Promise<unknown> => {
    const { status, body } = await request("POST", path, object);
    if (status !== 201) throw new Error(`${path}: HTTP ${status}: ${JSON.stringify(body)}`);
    return body;
  };
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await create(accounts, { apiVersion: "v1", kind: "ServiceAccount", metadata });
  await create(`${rbac}/roles`, { apiVersion, kind: "Role", metadata, rules });
  await create(`${rbac}/rolebindings`, {
    apiVersion,
    kind: "RoleBinding",
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "operator" },
    subjects: [{ kind: "ServiceAccount", name: "operator", namespace }],
  });
  const wish = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
  return ((await create(`${accounts}/operator/token`, wish)) as { status: { token: string } }).status.token;
}

function kubeconfigOf({ server }: Recorder, token: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "recorded", cluster: { server } }],
    users: [{ name: "operator", user: { token } }],
    contexts: [{ name: "operator", context: { cluster: "recorded", user: "operator" } }],
    "current-context": "operator",
  });
}
