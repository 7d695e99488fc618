/** What becomes of values: a string arrives as it was written, an older release's values do, two releases are no obstacle to each other. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ValueSchema } from "../../../scripts/generate/chart.ts";
import { CHART, helm, type Manifest, only, RELEASE, render, run } from "./helm.ts";

const TENANT = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as ValueSchema;

/** All that renders anything, with one word wherever a value is free text. */
const EVERYTHING = {
  imagePullSecrets: [{ name: "registry" }],
  smtp: { host: "mx.example", from: "QQFREE", username: "QQFREE", existingSecret: "smtp" },
  consent: { redirectUrl: "https://consent.example/QQURL", page: { enabled: true } },
  proxy: { httpsProxy: "http://me:QQPART@proxy.example:3128", noProxy: "QQFREE" },
  extraCa: { configMap: "ca", key: "ca.crt" },
  extraArgs: ["--log-level=QQFREE"],
  sharedAccess: {
    app: { clientId: TENANT, existingSecret: "app" },
    allow: [{ namespaces: ["mail"], tenants: [TENANT] }],
  },
  metrics: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true }, dashboard: { enabled: true } },
  networkPolicy: { enabled: true },
  podAnnotations: { note: "QQFREE" },
  commonLabels: { note: "QQFREE" },
};

/** What YAML, Go templates or Kubernetes could take for something else. */
const HOSTILE = [
  "a #b",
  "k: v",
  "'\"\\",
  "{{ .Values }}",
  "$(POD_NAME)",
  "true",
  "0123",
  "1e3",
  "- x",
  "two\nlines",
  "ü",
];

/** With the text in place of each word: as it is, without blanks in a URL, encoded in a part of one. */
function replaced<T>(value: T, text: string): T {
  const forms = { QQFREE: text, QQURL: text.replaceAll(/\s/g, "+"), QQPART: encodeURIComponent(text) };
  const put = (json: string, [word, form]: readonly string[]): string =>
    json.replaceAll(word ?? "", () => JSON.stringify(form).slice(1, -1));
  return JSON.parse(Object.entries(forms).reduce(put, JSON.stringify(value))) as T;
}

/** Without what is made of a value by a one-way function, and as Kubernetes reads the strings of a container. */
const read = (objects: readonly Manifest[]): unknown =>
  JSON.parse(
    JSON.stringify(objects)
      .replaceAll(/"(checksum\/\w+)":"[0-9a-f]{64}"/g, '"$1":""')
      .replaceAll(/-test-[0-9a-f]{8}"/g, '-test"')
      .replaceAll("$$(", () => "$("),
  );

function decoded(objects: readonly Manifest[]): Manifest[] {
  return objects.map((each) => {
    if (each.kind !== "Secret") return each;
    const data = Object.entries(each.data ?? {}).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]);
    return { ...each, data: Object.fromEntries(data) as Record<string, string> };
  });
}

/** The chart's defaults of maps: a null of the user removes those, so that a release's values must hold them. */
function maps({ properties = {} }: ValueSchema): object {
  const entries = Object.entries(properties).flatMap(([name, each]): [string, unknown][] => {
    if (each.properties !== undefined && each.default === undefined) return [[name, maps(each)]];
    return each.type === "object" ? [[name, each.default]] : [];
  });
  return Object.fromEntries(entries.filter(([, value]) => JSON.stringify(value) !== "{}"));
}

describe.skipIf(helm === undefined)("Values of the chart", { timeout: 60_000 }, () => {
  it.each(HOSTILE)("19.14: arrive as they were written: %j", (text) => {
    const plain = decoded(render(EVERYTHING));
    expect(JSON.stringify(plain)).toContain("--smtp-username=QQFREE");
    expect(read(decoded(render(replaced(EVERYTHING, text))))).toEqual(read(replaced(plain, text)));
  });

  it.each([
    ["smtp.existingSecret", { smtp: { existingSecret: "a #b" } }],
    ["extraCa.configMap", { extraCa: { configMap: "a: b" } }],
    ["extraCa.key", { extraCa: { key: "ca.crt #" } }],
    ["sharedAccess.app.existingSecret", { sharedAccess: { app: { existingSecret: "../x" } } }],
    ["serviceAccount.name", { serviceAccount: { name: "no spaces" } }],
    ["priorityClassName", { priorityClassName: "UPPER" }],
    ["imagePullSecrets[].name", { imagePullSecrets: [{ name: "a b" }] }],
    ["proxy.existingSecret", { proxy: { existingSecret: "a_b" } }],
  ])("that name an object are names: %s is refused otherwise", (_, values) => {
    expect(() => render(values)).toThrow(/values don't meet the specifications of the schema/);
  });

  it.each(["123", "1e3", "true", "0x1f"])("may be names that look like something else: %s", (name) => {
    const objects = render({ nameOverride: name, fullnameOverride: name, leaderElection: { leaseName: name } }, name);
    const texts = objects.flatMap(({ metadata }) => [
      metadata.name,
      metadata.namespace ?? "",
      ...Object.values(metadata.labels ?? {}),
    ]);
    expect(texts.map((each) => typeof each)).toEqual(texts.map(() => "string"));
    const rules = only(objects, "Role").rules as { resourceNames?: unknown[] }[];
    expect(rules.flatMap(({ resourceNames = [] }) => resourceNames)).toEqual([name]);
  });
});

describe.skipIf(helm === undefined)("Values of an older release (helm upgrade --reuse-values)", () => {
  let older: string;
  beforeAll(() => {
    older = mkdtempSync(join(tmpdir(), "o365-sync-chart-"));
    cpSync(CHART, older, { recursive: true });
    writeFileSync(join(older, "values.yaml"), "{}\n");
  });
  afterAll(() => rmSync(older, { recursive: true, force: true }));

  const text = (chart: string, values: object): string => {
    const { status, stdout, stderr } = run(["template", RELEASE, chart, "--namespace", "default"], values);
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };

  it.each([
    ["the defaults", {}],
    ["one value of a group", { metrics: { serviceMonitor: { enabled: true } }, replicas: 0 }],
    [
      "a switch that is off",
      { topologySpread: { enabled: false }, rbac: { create: false }, networkPolicy: { enabled: true } },
    ],
  ])("24.3: may lack any group and any plain value that the chart has now: %s", (_, values) => {
    const merged = [maps(schema), values] as const;
    const both = join(older, "base.json");
    writeFileSync(both, JSON.stringify(merged[0]));
    const { status, stdout, stderr } = run(
      ["template", RELEASE, older, "--namespace", "default", "--values", both],
      values,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(text(CHART, values));
  });

  it("24.3: hold for what is told after the installation, too", () => {
    const { status, stdout, stderr } = run(
      ["install", RELEASE, older, "--namespace", "default", "--dry-run=client"],
      {},
    );
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("It works in all namespaces.");
  });

  it("leave alone what a user removed by null", () => {
    const { spec } = only(render({ nodeSelector: null, resources: { limits: null } }), "Deployment");
    const template = (spec as { template: { spec: { nodeSelector?: object; containers: { resources: object }[] } } })
      .template;
    expect(template.spec.nodeSelector).toBeUndefined();
    expect(template.spec.containers[0]?.resources).toEqual({ requests: { cpu: "50m", memory: "128Mi" } });
  });
});

describe.skipIf(helm === undefined)("Installing it twice", () => {
  interface Placed {
    readonly topologySpreadConstraints?: readonly object[];
    readonly affinity?: object;
  }
  const placed = (values: object): Placed =>
    (only(render(values), "Deployment").spec as { template: { spec: Placed } }).template.spec;
  const place = ({ kind, metadata }: Manifest): string => `${metadata.namespace ?? ""}/${kind}/${metadata.name}`;

  it("24.3: two releases of one name in namespaces of their own share no object", () => {
    const of = (namespace: string) =>
      render({ crds: { enabled: false }, watchNamespaces: [`${namespace}-mail`] }, namespace).map(place);
    const second = of("two");
    expect(second.filter((each) => each.startsWith("/"))).toEqual([]);
    expect(second.filter((each) => of("one").includes(each))).toEqual([]);
  });

  it("24.3: another spec of the test's pod is another pod, for no pod can change", () => {
    const pod = (values: object) => only(render(values), "Pod").metadata.name;
    expect(pod({})).toBe(pod({}));
    expect(pod({ resources: { limits: { memory: "1Gi" } } })).not.toBe(pod({}));
    expect(pod({ fullnameOverride: "x".repeat(63) }).length).toBeLessThanOrEqual(70);
  });

  it("24.1: a rollout spreads its own pods over nodes, and over zones where there are any", () => {
    const { topologySpreadConstraints, affinity } = placed({});
    // The scheduler scores no node that lacks one of the keys: a second constraint by zone would undo the first one elsewhere.
    expect(topologySpreadConstraints).toMatchObject([
      { topologyKey: "kubernetes.io/hostname", matchLabelKeys: ["pod-template-hash"] },
    ]);
    const zone = { topologyKey: "topology.kubernetes.io/zone", matchLabelKeys: ["pod-template-hash"] };
    const preferred = [{ weight: 100, podAffinityTerm: zone }];
    expect(affinity).toMatchObject({ podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } });
  });

  it.each([
    [
      "a rule of the user's for nodes stays",
      { affinity: { nodeAffinity: { a: 1 } } },
      ["nodeAffinity", "podAntiAffinity"],
    ],
    ["a rule of the user's for pods replaces ours", { affinity: { podAntiAffinity: { a: 1 } } }, ["podAntiAffinity"]],
    ["nothing is spread where that is off", { topologySpread: { enabled: false } }, []],
  ])("24.1: %s", (_, values, rules) => {
    const { affinity = {} } = placed(values);
    expect(Object.keys(affinity).toSorted()).toEqual(rules);
    expect(affinity).toMatchObject((values as { affinity?: object }).affinity ?? {});
  });
});
