/** `doctor`, of versions: the CRDs, the operator, and this program. */
import { GROUP } from "../../src/api/group.ts";
import { O365_SYNC } from "../../src/api/resources.ts";
import type { KubeObject, ResourceType } from "../../src/runtime/kube.ts";
import { ApiError } from "../../src/runtime/types.ts";
import { missingRight, type Session } from "../session.ts";
import type { Finding } from "./doctor-finding.ts";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Crd extends KubeObject {
  readonly spec?: { readonly versions?: readonly { readonly schema?: { readonly openAPIV3Schema?: Schema } }[] };
}

const CRD: ResourceType<Crd> = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

const DEPLOYMENT: ResourceType<KubeObject> = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  kind: "Deployment",
  namespaced: true,
};

/** As the chart labels what it installs. */
const VERSION_LABEL = "app.kubernetes.io/version";
const OF_OPERATOR = "app.kubernetes.io/name=o365-sync-operator";

/** Fields that came with later releases, oldest first: a CRD without one is older than that release. */
const FIELDS_SINCE: readonly (readonly [field: string, since: string])[] = [
  ["spec.schedule.cron", "0.2.0"],
  ["spec.schedule.additions", "0.2.0"],
];

export async function versions(session: Session, version: string): Promise<readonly Finding[]> {
  const { client, signal } = session;
  const name = `${O365_SYNC.plural}.${GROUP}`;
  try {
    const crd = await client.get(CRD, { name }, { signal });
    return [ofCrd(crd, version), ...(await ofOperator(session, crd.metadata.labels?.[VERSION_LABEL]))];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403)
      return [{ level: "unknown", what: `which version the CRDs are of: ${missingRight(CRD, undefined, "get")}` }];
    if (!error.notFound) throw error;
    return [{ level: "problem", what: `the CRD ${name} is not installed`, cure: "install the chart, or apply crds/" }];
  }
}

function ofCrd({ spec = {}, metadata }: Crd, version: string): Finding {
  const schemas = (spec.versions ?? []).map(({ schema }) => schema?.openAPIV3Schema);
  const lacking = FIELDS_SINCE.filter(([field]) => !schemas.some((schema) => hasField(schema, field)));
  const [oldest] = lacking;
  if (oldest !== undefined)
    return {
      level: "warning",
      what: `the CRDs are older than ${oldest[1]}: they lack ${lacking.map(([field]) => field).join(", ")}`,
      cure: "upgrade the operator and its CRDs (docs/upgrade.md)",
    };
  const labelled = metadata.labels?.[VERSION_LABEL];
  if (labelled !== undefined && isNewer(labelled, version))
    return {
      level: "warning",
      what: `the CRDs are of version ${labelled}, and this program is of ${version}: it may not know all of them`,
      cure: "update kubectl mailsync",
    };
  return { level: "ok", what: `the CRDs know what version ${version} of this program knows` };
}

function hasField(schema: Schema | undefined, path: string): boolean {
  let found = schema;
  for (const name of path.split(".")) found = found?.properties?.[name];
  return found !== undefined;
}

/** Nothing where its Deployment was made by other means than the chart's. */
async function ofOperator({ client, signal }: Session, crds: string | undefined): Promise<readonly Finding[]> {
  try {
    const { items } = await client.list(DEPLOYMENT, { signal, labelSelector: OF_OPERATOR });
    return items.flatMap(({ metadata }): Finding[] => {
      const operator = metadata.labels?.[VERSION_LABEL];
      if (operator === undefined) return [];
      const where = `the operator in ${metadata.namespace} is of version ${operator}`;
      if (crds === undefined || crds === operator) return [{ level: "ok", what: where }];
      return [
        {
          level: "warning",
          what: `${where}, and the CRDs are of ${crds}`,
          cure: "bring both to the newer of the two (docs/upgrade.md)",
        },
      ];
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.notFound) return [];
    const why = error.status === 403 ? missingRight(DEPLOYMENT, undefined, "list") : error.message;
    return [{ level: "unknown", what: `which version the operator is of: ${why}` }];
  }
}

/** By major, minor and patch. */
function isNewer(one: string, other: string): boolean {
  const numbers = (text: string): number[] => (text.split(/[-+]/)[0] ?? "").split(".").map(Number);
  const [a, b] = [numbers(one), numbers(other)];
  const at = [0, 1, 2].find((index) => (a[index] ?? 0) !== (b[index] ?? 0));
  return at !== undefined && (a[at] ?? 0) > (b[at] ?? 0);
}
