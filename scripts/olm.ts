/** Writes an OLM bundle from the rendered chart: `helm template … | tsx scripts/olm.ts FOLDER IMAGE`. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse, parseAllDocuments, stringify } from "yaml";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: unknown;
  readonly roleRef?: { readonly name: string };
  readonly spec?: unknown;
}
interface Deployment {
  readonly template: {
    readonly spec: {
      readonly serviceAccountName: string;
      readonly containers: { args: string[]; env?: unknown[]; image: string }[];
    };
  };
}
interface Kind {
  readonly kind: string;
  readonly version: string;
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
}

const PACKAGE = "o365-sync-operator";
/** What OLM makes itself, or says in its own way. */
const WITHIN = ["Deployment", "ServiceAccount", "Role", "RoleBinding", "ClusterRoleBinding"];

/** The namespace is OLM's to choose: Kubernetes puts the pod's own in where a flag says so. */
const POD_NAMESPACE = { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } };

/** By file name. Of the flags that name the namespace that of the election goes: the operator then takes its pod's own. */
export function bundleOf(
  objects: readonly Manifest[],
  chart: Record<string, unknown>,
  image: string,
  examples: unknown[],
) {
  const only = (kind: string): Manifest => {
    const [found, ...others] = objects.filter((each) => each.kind === kind);
    if (found === undefined || others.length > 0) throw new Error(`the chart must render one ${kind}`);
    return found;
  };
  const version = String(chart["version"]);
  const deployment = structuredClone(only("Deployment"));
  const { spec: pod } = (deployment.spec as Deployment).template;
  for (const container of pod.containers) {
    container.args = container.args
      .filter((argument) => !argument.startsWith("--leader-election-namespace="))
      .map((argument) => argument.replaceAll(`${deployment.metadata.namespace ?? ""}/`, "$(POD_NAMESPACE)/"));
    container.env = [POD_NAMESPACE, ...(container.env ?? [])];
    container.image = `${image}:${version}`;
  }
  const { serviceAccountName } = pod;
  const bound = only("ClusterRoleBinding").roleRef?.name;
  const working = objects.find(({ kind, metadata }) => kind === "ClusterRole" && metadata.name === bound);
  const annotations = chart["annotations"] as Record<string, string>;
  const csv = {
    apiVersion: "operators.coreos.com/v1alpha1",
    kind: "ClusterServiceVersion",
    metadata: {
      name: `${PACKAGE}.v${version}`,
      annotations: {
        "alm-examples": JSON.stringify(examples),
        capabilities: "Deep Insights",
        categories: "Integration & Delivery",
        containerImage: `${image}:${version}`,
        description: chart["description"],
      },
    },
    spec: {
      displayName: "o365-sync-operator",
      description: `${String(chart["description"])}. What it publishes, gateways mount; what would shrink a list is held until somebody approves it.`,
      version,
      maturity: "alpha",
      minKubeVersion: String(chart["kubeVersion"]).replace(/^>=|-0$/g, ""),
      keywords: chart["keywords"],
      provider: { name: "o365-sync-operator maintainers" },
      installModes: ["OwnNamespace", "SingleNamespace", "MultiNamespace", "AllNamespaces"].map((type) => ({
        type,
        supported: type === "AllNamespaces",
      })),
      customresourcedefinitions: { owned: parse(annotations["artifacthub.io/crds"] ?? "") as Kind[] },
      install: {
        strategy: "deployment",
        spec: {
          deployments: [{ name: deployment.metadata.name, spec: deployment.spec }],
          clusterPermissions: [{ serviceAccountName, rules: working?.rules }],
          permissions: [{ serviceAccountName, rules: only("Role").rules }],
        },
      },
    },
  };
  const beside = objects.filter((each) => !WITHIN.includes(each.kind) && each !== working);
  const manifests = [csv, ...beside.map(withoutNamespace)] as readonly Manifest[];
  return Object.fromEntries(
    manifests.map((each) => [
      `${each.metadata.name}.${each.kind.toLowerCase()}.yaml`,
      stringify(each, { lineWidth: 0 }),
    ]),
  );
}

function withoutNamespace({ metadata, ...rest }: Manifest): object {
  const { namespace: _, ...kept } = metadata as Record<string, unknown>;
  return { ...rest, metadata: kept };
}

async function main([folder = "", image = ""]: readonly string[]): Promise<void> {
  const objects = parseAllDocuments(await text(process.stdin)).flatMap(
    (each) => (each.toJS() as Manifest | null) ?? [],
  );
  const chart = parse(readFileSync("charts/o365-sync-operator/Chart.yaml", "utf8")) as Record<string, unknown>;
  const examples = ["maildomain", "o365sync"].map((name): unknown =>
    parse(readFileSync(`examples/${name}.yaml`, "utf8")),
  );
  for (const part of ["manifests", "metadata"]) mkdirSync(join(folder, part), { recursive: true });
  for (const [file, content] of Object.entries(bundleOf(objects, chart, image, examples)))
    writeFileSync(join(folder, "manifests", file), content);
  const channel = "alpha";
  const annotations = {
    "operators.operatorframework.io.bundle.mediatype.v1": "registry+v1",
    "operators.operatorframework.io.bundle.manifests.v1": "manifests/",
    "operators.operatorframework.io.bundle.metadata.v1": "metadata/",
    "operators.operatorframework.io.bundle.package.v1": PACKAGE,
    "operators.operatorframework.io.bundle.channels.v1": channel,
    "operators.operatorframework.io.bundle.channel.default.v1": channel,
  };
  writeFileSync(join(folder, "metadata/annotations.yaml"), stringify({ annotations }));
}

if (import.meta.filename === process.argv[1]) await main(process.argv.slice(2));
