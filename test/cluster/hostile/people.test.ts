/** People with the cluster's own roles and what the chart adds to them: a status, which guards and approvals trust, is not theirs. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Call, call } from "../../../dev/controlplane/call.ts";
import { API_VERSION } from "../../../src/api/group.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { chartRules, clusterRules, createPerson, type PeoplesRole } from "../../support/people.ts";
import { createWorld, type World } from "../../support/world.ts";

const ROLES = ["view", "edit", "admin"] as const;
const PLURALS = ["o365syncs", "maildomains"] as const;
const MERGE = "application/merge-patch+json";
const APPLY = "application/apply-patch+yaml";
const FORGED = { domain: "forged.example", observedGeneration: 99 };
const RBAC = "/apis/rbac.authorization.k8s.io/v1";

/** The embedded API server asks nobody for rights. */
const isReal = process.env["KUBEBUILDER_ASSETS"] !== undefined && process.env["KUBEBUILDER_ASSETS"] !== "";

/** Of the table in docs/security.md: what a person can do, and whether view, edit and admin give it. */
const PROMISED = [
  ...readFileSync(new URL("../../../docs/security.md", import.meta.url), "utf8").matchAll(
    /^\| `(\w+)` `([\w./-]+)` \|.*\| (yes|no) \| (yes|no) \| (yes|no) \|$/gm,
  ),
].map(([, verb = "", resource = "", ...held]) => [verb, resource, held] as const);

describe.skipIf(!isReal)("Somebody of the namespace, on a real API server (KUBEBUILDER_ASSETS)", () => {
  let world: World;
  let folder: string;
  const tokens = new Map<PeoplesRole, string>();
  const as = (role: PeoplesRole, asked: Call) =>
    call({ ...useControlPlane(), adminToken: tokens.get(role) ?? "" }, asked);
  const of = (plural: string, name?: string): string =>
    `/apis/${API_VERSION}/namespaces/${world.namespace}/${plural}${name === undefined ? "" : `/${name}`}`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-people-"));
    world = await createWorld();
    await world.install();
    await world.ask("sync", "1");
    const access = useControlPlane();
    for (const role of ROLES) {
      const rules = [...(await clusterRules(access, role)), ...chartRules(role)];
      const path = join(folder, role);
      tokens.set(role, await createPerson(access, { name: role, namespace: world.namespace, rules, path }));
    }
  });
  afterAll(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(ROLES.flatMap((role) => PLURALS.map((plural) => [role, plural] as const)))(
    "who may %s cannot write the status of %s",
    async (role, plural) => {
      const path = `${of(plural, "example-com")}/status`;
      const found = (await call(useControlPlane(), { method: "GET", path })).body as object;
      const kind = plural === "o365syncs" ? "O365Sync" : "MailDomain";
      const applied = { apiVersion: API_VERSION, kind, metadata: { name: "example-com" }, status: FORGED };
      const attempts: readonly Call[] = [
        { method: "PATCH", path, body: { status: FORGED }, contentType: MERGE },
        { method: "PATCH", path: `${path}?fieldManager=me&force=true`, body: applied, contentType: APPLY },
        { method: "PUT", path, body: { ...found, status: FORGED } },
      ];
      for (const attempt of attempts) {
        const { status, body } = await as(role, attempt);
        expect({ status, body }).toMatchObject({ status: 403, body: { reason: "Forbidden" } });
        expect((body as { message: string }).message).toContain(`resource "${plural}/status"`);
      }
    },
  );

  it.each(PLURALS)("who may edit %s puts no status into them on the way", async (plural) => {
    const path = of(plural, "example-com");
    const read = async () => (await as("edit", { method: "GET", path })).body as { metadata: object; status: object };
    const before = await read();
    expect(before.status).not.toMatchObject(FORGED);
    const { status: patched } = await as("edit", {
      method: "PATCH",
      path,
      body: { status: FORGED },
      contentType: MERGE,
    });
    const { status: replaced } = await as("edit", { method: "PUT", path, body: { ...(await read()), status: FORGED } });
    expect([patched, replaced]).toEqual([200, 200]);
    expect((await read()).status).not.toMatchObject({ domain: FORGED.domain });
    const { resourceVersion: _, uid: __, ...metadata } = before.metadata as Record<string, unknown>;
    const made = { ...before, metadata: { ...metadata, name: "another" }, status: FORGED };
    const { status, body } = await as("edit", { method: "POST", path: of(plural), body: made });
    expect(status).toBe(201);
    expect((body as { status: object }).status).toEqual({ observedGeneration: -1 });
    expect((await as("edit", { method: "DELETE", path: of(plural, "another") })).status).toBe(200);
  });

  it("who is admin gives the right to nobody, by no role of their own and none of the operator's", async () => {
    const rules = [{ apiGroups: ["o365sync.dev"], resources: ["o365syncs/status"], verbs: ["patch"] }];
    const roles = `${RBAC}/namespaces/${world.namespace}/roles`;
    const made = await as("admin", { method: "POST", path: roles, body: { metadata: { name: "more" }, rules } });
    expect(made).toMatchObject({ status: 403 });
    expect((made.body as { message: string }).message).toContain(
      "attempting to grant RBAC permissions not currently held",
    );
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "operator-under-test" };
    const subjects = [{ kind: "ServiceAccount", name: "admin", namespace: world.namespace }];
    const bound = await as("admin", {
      method: "POST",
      path: `${RBAC}/namespaces/${world.namespace}/rolebindings`,
      body: { metadata: { name: "more" }, roleRef, subjects },
    });
    expect(bound).toMatchObject({ status: 403 });
  });

  it("the table of the documentation is whole", () => {
    expect(PROMISED.length).toBeGreaterThan(10);
  });

  it.each(PROMISED)(
    "%s %s is given to view, edit and admin as the documentation says: %j",
    async (verb, resource, held) => {
      // As kubectl writes it: resource.group/subresource.
      const [, name = "", group = "", subresource = ""] = /^([^./]+)\.?([^/]*)\/?(.*)$/.exec(resource) ?? [];
      const resourceAttributes = { namespace: world.namespace, verb, group, resource: name, subresource };
      const answers: string[] = [];
      for (const role of ROLES) {
        const body = { spec: { resourceAttributes } };
        const { body: review } = await as(role, {
          method: "POST",
          path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
          body,
        });
        answers.push((review as { status: { allowed: boolean } }).status.allowed ? "yes" : "no");
      }
      expect(answers).toEqual(held);
    },
  );
});
