/** Renders config/ for people without Helm: the chart with its defaults, as plain manifests. */
import { spawnSync } from "node:child_process";
import { parseAllDocuments } from "yaml";

const NAMESPACE = "o365-sync-system";
const HEADER = "# Generated from charts/o365-sync-operator by `npm run generate`.\n";
/** Labels that speak of Helm; the objects of config/ are not Helm's. */
const HELM_LABELS = /^ +(?:helm\.sh\/chart|app\.kubernetes\.io\/managed-by|helm\.sh\/resource-policy): .*\n/gm;

/** File → content. Nothing, with a word, where there is no helm: then the files stay as they are. */
export function renderKustomize(chart: string, say: (text: string) => void): Record<string, string> {
  const args = ["template", "o365-sync-operator", chart, "--namespace", NAMESPACE, "--set", "helmTest.enabled=false"];
  const { error, status, stdout, stderr } = spawnSync("helm", args, { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
  if (error) {
    say("config/ was left as it is: there is no helm here");
    return {};
  }
  if (status !== 0) throw new Error(`helm template: ${stderr}`);
  const files = { crds: [] as string[], rbac: [] as string[], operator: [] as string[] };
  for (const text of stdout.split(/^---\n/m)) {
    const kind = /^kind: (\w+)$/m.exec(text)?.[1];
    if (kind !== undefined) files[fileOf(kind)].push(plain(text));
  }
  const namespace = `apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;
  const resources = ["namespace.yaml", ...Object.keys(files).map((name) => `${name}.yaml`)];
  const kustomization = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
${resources.map((file) => `  - ${file}\n`).join("")}`;
  const contents = {
    kustomization,
    namespace,
    ...Object.fromEntries(Object.entries(files).map(([name, objects]) => [name, objects.join("---\n")])),
  };
  return Object.fromEntries(
    Object.entries(contents).map(([name, content]) => [`config/${name}.yaml`, HEADER + content]),
  );
}

function fileOf(kind: string): "crds" | "rbac" | "operator" {
  if (kind === "CustomResourceDefinition") return "crds";
  return /Role|ServiceAccount/.test(kind) ? "rbac" : "operator";
}

/** Without what speaks of Helm; throws when the rest is no YAML any more. */
function plain(text: string): string {
  const kept = text
    .replaceAll(/^# Source: .*\n/gm, "")
    .replaceAll(HELM_LABELS, "")
    .replaceAll(/^ +annotations:\n(?= {0,4}\S)(?! {4}\S)/gm, "")
    .trim();
  const problem = parseAllDocuments(kept).flatMap(({ errors }) => errors)[0];
  if (problem) throw problem;
  return `${kept}\n`;
}
