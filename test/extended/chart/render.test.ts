/** The chart as people install it: every set of values is applied (dry run) to the API server of this run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { request } from "../../support/api.ts";
import { operatorRules } from "../../support/rights.ts";
import { CHART, container, helm, type Manifest, manifests, only, RELEASE, render, run } from "./helm.ts";
import { installMonitoringKinds } from "./monitoring-kinds.ts";
import { CONTRADICTIONS, REFUSED_BY_SCHEMA } from "./refusals.ts";
import { VALUE_SETS } from "./value-sets.ts";

const PLURALS: Readonly<Record<string, string>> = {
  NetworkPolicy: "networkpolicies",
  Ingress: "ingresses",
};
const CLUSTER_SCOPED = ["CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"];

/** Server-side apply, as a dry run: admission and validation, nothing stored. */
async function apply({ apiVersion, kind, metadata, ...rest }: Manifest) {
  const api = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = PLURALS[kind] ?? `${kind.toLowerCase()}s`;
  const place = CLUSTER_SCOPED.includes(kind) ? "" : `/namespaces/${metadata.namespace}`;
  const path = `${api}${place}/${plural}/${metadata.name}?fieldManager=helm&force=true&dryRun=All&fieldValidation=Strict`;
  return request("PATCH", path, { apiVersion, kind, metadata, ...rest }, "application/apply-patch+yaml");
}

describe.skipIf(helm === undefined)("The chart", () => {
  beforeAll(installMonitoringKinds);

  it("is fine with helm lint --strict", () => {
    const { status, stdout, stderr } = run(["lint", "--strict", CHART], {});
    expect({ status, stderr, out: status === 0 ? "" : stdout }).toEqual({ status: 0, stderr: "", out: "" });
  });

  it("has the version of the package", () => {
    const read = (path: string) => readFileSync(join(CHART, path), "utf8");
    const { version } = JSON.parse(read("../../package.json")) as { version: string };
    expect(parse(read("Chart.yaml"))).toMatchObject({ version, appVersion: version });
  });

  it.each(VALUE_SETS)("installs with $name", async ({ values, is }) => {
    const objects = render(values);
    expect(is(objects), "what makes it special").toBe(true);
    for (const object of objects) {
      const { status, body } = await apply(object);
      const { message } = body as { message?: string };
      expect({ kind: object.kind, status, ...(status >= 300 && { message }) }).toMatchObject({
        status: expect.toSatisfy((code: number) => code === 200 || code === 201) as number,
      });
    }
  });

  it("is judged by the API server: what it does not know is refused", async () => {
    const deployment = only(render({}), "Deployment");
    const { body } = await apply({ ...deployment, spec: { ...(deployment.spec as object), replica: 2 } });
    expect((body as { message: string }).message).toContain(".spec.replica: field not declared in schema");
  });

  it.each(REFUSED_BY_SCHEMA)("refuses %s", (_, values, says) => {
    expect(() => render(values)).toThrow(/values don't meet the specifications of the schema/);
    expect(() => render(values)).toThrow(says);
  });

  it.each(CONTRADICTIONS)("refuses %s, and says what to do", (_, values, says) => {
    expect(() => render(values)).toThrow(says);
  });

  it("gives exactly the rights that the tests run under", () => {
    const objects = render({ leaderElection: { leaseName: "mine" } });
    const { operator, leaderElection } = operatorRules("mine");
    expect(only(objects, "ClusterRole", /operator$/).rules).toEqual(operator);
    expect(only(objects, "Role").rules).toEqual(leaderElection);
    const { watchSecrets } = operatorRules();
    const open = only(render({ watchSecrets: true }), "ClusterRole", /operator$/);
    expect(open.rules).toEqual([...operator, ...watchSecrets]);
    const roles = render({ watchNamespaces: ["default"] }).filter(({ kind }) => kind === "Role");
    expect(roles.find(({ metadata }) => metadata.name === "o365-sync-operator")?.rules).toEqual(operator);
  });

  it.each([
    ["in the whole cluster", {}, 2],
    ["in some namespaces", { watchNamespaces: ["default", "mail"] }, 4],
    [
      "also with gateways, Secrets and metrics",
      { gateways: [{ name: "mx1", namespace: "default" }], watchSecrets: true },
      2,
    ],
  ])("lets people write specs, never a status: %s", (_, values, count) => {
    type Rules = { resources: string[]; apiGroups: string[]; verbs: string[] }[];
    const roles = render(values).filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
    const people = roles.filter(({ metadata }) => /-(view|edit)$/.test(metadata.name));
    expect(people).toHaveLength(count);
    const rules = people.flatMap((role) => role.rules as Rules);
    expect(new Set(rules.flatMap(({ resources }) => resources))).toEqual(new Set(["maildomains", "o365syncs"]));
    expect(rules.flatMap(({ verbs }) => verbs).includes("*")).toBe(false);
    // Nobody but the operator writes one, and its role joins none of people.
    const writers = roles.filter(({ rules: held }) => /status|\*/.test(JSON.stringify(held)));
    expect(new Set(writers.map(({ metadata }) => metadata.name))).toEqual(new Set([RELEASE]));
    expect(JSON.stringify(writers.map(({ metadata }) => metadata.labels))).not.toContain("aggregate");
  });

  it("sends traffic to the operator's pods only", () => {
    const objects = render({});
    const { selector } = only(objects, "Service").spec as { selector: Record<string, string> };
    const labels = only(objects, "Pod").metadata.labels ?? {};
    const matches = Object.entries(selector).every(([label, value]) => labels[label] === value);
    expect(matches, "the pod of helm test").toBe(false);
  });

  const release = (name: string) => run(["template", name, CHART, "--namespace", "default"], {});
  it.each([
    ["of the longest name", "a".repeat(53)],
    ["of the chart's name and more", `o365-sync-operator-${"b".repeat(34)}`],
    ["whose name is cut at a dash", `${"a".repeat(51)}-b`],
  ])("24.3: installs as a release %s", async (_, name) => {
    const { status, stdout, stderr } = release(name);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const object of manifests(stdout)) expect((await apply(object)).status, object.kind).toBeLessThan(300);
  });

  it.each(["1.32.0", "v1.32.3-eks-473151a", "1.33.4-gke.1036000"])("renders for Kubernetes %s", (version) => {
    const { status, stderr } = run(["template", RELEASE, CHART, "--kube-version", version], {});
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("is refused by Kubernetes 1.31, which it was never tested on", () => {
    const { stderr } = run(["template", RELEASE, CHART, "--kube-version", "1.31.9"], {});
    expect(stderr).toContain("chart requires kubeVersion: >=1.32.0-0");
  });

  it("24.3: says why it is no release with a dot, as Helm allows it", () => {
    expect(release("mail.eu").stderr).toContain(
      "fullnameOverride: mail.eu-o365-sync-operator has a dot, which the name of a Service may not have",
    );
  });

  it("24.3: has each key once: other tools than Helm read no map with one twice", () => {
    // The parser says so, for every set of values above too.
    expect(() => manifests("a: 1\na: 2")).toThrow(/unique/);
  });

  it("takes a pod's settings as part of the pod: a change rolls it", () => {
    const grant = (namespace: string) => ({
      workloadIdentity: { enabled: true },
      sharedAccess: {
        allow: [
          {
            namespaces: [namespace],
            tenants: ["6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10"],
            clientIds: ["6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10"],
          },
        ],
      },
    });
    const pod = (values: object) => only(render(values), "Deployment").spec;
    expect(pod(grant("one"))).not.toEqual(pod(grant("two")));
  });

  it("runs one image in all its pods", () => {
    const objects = render({});
    const pod = only(objects, "Pod").spec as { containers: { image: string }[] };
    expect(pod.containers.map(({ image }) => image)).toEqual([container(objects).image]);
  });
});
