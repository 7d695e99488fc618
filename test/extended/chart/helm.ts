/** Helm for the tests of the chart: renders a set of values, or tells why it was refused. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { findTool } from "../../support/tools.ts";

export const CHART = fileURLToPath(new URL("../../../charts/o365-sync-operator", import.meta.url));

/** Of the tests; every namespaced object of a rendering must say so. */
export const RELEASE = "o365-sync-operator";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
  readonly rules?: unknown;
}

/** Undefined, with a word, on machines without it. */
export const helm: string | undefined = findTool("helm");

/** Throws what helm says when the values are refused. */
export function render(values: object, namespace = "default"): Manifest[] {
  const { status, stdout, stderr } = run(["template", RELEASE, CHART, "--namespace", namespace], values);
  if (status !== 0) throw new Error(stderr);
  return manifests(stdout);
}

/** What helm wrote; throws what is wrong with it as YAML, such as a key that stands there twice. */
export function manifests(text: string): Manifest[] {
  const documents = parseAllDocuments(text);
  const problem = documents.flatMap(({ errors }) => errors)[0];
  if (problem) throw problem;
  return documents.map((document) => document.toJS() as Manifest | null).filter((object) => object !== null);
}

/** Runs helm, with the values on its standard input where the command takes values. */
export function run(args: readonly string[], values: object, takesValues = true) {
  const options = { encoding: "utf8", input: JSON.stringify(values), maxBuffer: 32 * 1024 * 1024 } as const;
  return spawnSync(helm ?? "helm", takesValues ? [...args, "--values", "-"] : args, options);
}

export function only(objects: readonly Manifest[], kind: string, name?: RegExp): Manifest {
  const [found, ...others] = objects.filter(
    (object) => object.kind === kind && (name === undefined || name.test(object.metadata.name)),
  );
  if (found === undefined || others.length > 0) throw new Error(`${1 + others.length} objects of kind ${kind}`);
  return found;
}

interface PodTemplate {
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: {
      readonly containers: readonly {
        readonly image: string;
        readonly args: readonly string[];
        readonly env: readonly { readonly name: string; readonly value?: string }[];
      }[];
    };
  };
}

/** The operator's container. */
export function container(objects: readonly Manifest[]) {
  const [found] = (only(objects, "Deployment").spec as PodTemplate).template.spec.containers;
  if (found === undefined) throw new Error("the Deployment has no container");
  return found;
}
