/** The bundle for OLM says the same as the chart. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { bundleOf } from "../../../scripts/olm.ts";
import { operatorRules } from "../../support/rights.ts";
import { CHART, container, helm, render } from "./helm.ts";

interface ClusterServiceVersion {
  readonly spec: {
    readonly version: string;
    readonly minKubeVersion: string;
    readonly customresourcedefinitions: {
      readonly owned: readonly { readonly name: string; readonly version: string }[];
    };
    readonly install: {
      readonly spec: {
        readonly deployments: readonly { readonly name: string; readonly spec: unknown }[];
        readonly clusterPermissions: readonly { readonly rules: unknown }[];
        readonly permissions: readonly { readonly rules: unknown }[];
      };
    };
  };
}

describe.skipIf(helm === undefined)("24.3: the bundle for OLM", () => {
  const chart = parse(readFileSync(join(CHART, "Chart.yaml"), "utf8")) as Record<string, unknown>;
  const objects = helm === undefined ? [] : render({ helmTest: { enabled: false } }, "o365-sync-system");
  const files = objects.length === 0 ? {} : bundleOf(objects, chart, "registry.example.com/o365", []);
  const csv = (): ClusterServiceVersion =>
    parse(
      files[`o365-sync-operator.v${String(chart["version"])}.clusterserviceversion.yaml`] ?? "",
    ) as ClusterServiceVersion;

  it("gives the operator the chart's rights, and no other", () => {
    const { operator, leaderElection } = operatorRules();
    const { clusterPermissions, permissions } = csv().spec.install.spec;
    expect(clusterPermissions.map(({ rules }) => rules)).toEqual([operator]);
    expect(permissions.map(({ rules }) => rules)).toEqual([leaderElection]);
  });

  it("starts the chart's pod, with the image of the release, in the namespace that OLM chooses", () => {
    const [deployment] = csv().spec.install.spec.deployments;
    const { args, ...rest } = container([
      { kind: "Deployment", apiVersion: "apps/v1", metadata: { name: "" }, ...deployment },
    ]);
    const ours = container(objects);
    const wanted = ours.args
      .filter((argument) => !argument.startsWith("--leader-election-namespace="))
      .map((argument) => argument.replaceAll("o365-sync-system/", "$(POD_NAMESPACE)/"));
    expect(args).toEqual(wanted);
    expect(args.find((argument) => argument.startsWith("--own-secrets="))).toContain("$(POD_NAMESPACE)/");
    const namespace = { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } };
    expect(rest).toMatchObject({
      env: [namespace, ...(ours.env ?? [])],
      image: `registry.example.com/o365:${String(chart["version"])}`,
    });
    expect(JSON.stringify(files)).not.toContain("o365-sync-system");
  });

  it("owns the CRDs that it has, and needs the chart's Kubernetes", () => {
    const { customresourcedefinitions, minKubeVersion } = csv().spec;
    const crds = Object.entries(files).flatMap(([file, text]) =>
      file.includes("customresourcedefinition")
        ? [parse(text) as { metadata: { name: string }; spec: { versions: { name: string }[] } }]
        : [],
    );
    expect(customresourcedefinitions.owned.map(({ name, version }) => [name, version])).toEqual(
      crds.map(({ metadata, spec }) => [metadata.name, spec.versions[0]?.name]),
    );
    expect(chart["kubeVersion"]).toBe(`>=${minKubeVersion}-0`);
  });
});
