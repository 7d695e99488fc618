/** The rights that the chart gives to the operator, for the operator of the tests: no more than a cluster would. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { call } from "../../dev/controlplane/call.ts";
import type { ControlPlaneAccess } from "../../dev/types.ts";

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export type Rules = Readonly<Record<"operator" | "watchSecrets" | "leaderElection" | "gateway", readonly Rule[]>>;

const FILE = new URL("../../charts/o365-sync-operator/files/rules.yaml", import.meta.url);

/** The file that the chart's roles are made from. */
export function operatorRules(leaseName = "o365-sync-operator"): Rules {
  return parse(readFileSync(FILE, "utf8").replaceAll("LEASE_NAME", leaseName)) as Rules;
}

/** Gives the user `o365-sync-operator` the rights that the chart gives by default. The embedded API server asks nobody for rights. */
export async function grantOperatorRights(controlPlane: ControlPlaneAccess): Promise<void> {
  if (controlPlane.kind === "embedded") return;
  const { operator, leaderElection } = operatorRules();
  const metadata = { name: "operator-under-test" };
  const apiGroup = "rbac.authorization.k8s.io";
  const objects = [
    { kind: "ClusterRole", metadata, rules: [...operator, ...leaderElection] },
    {
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup, kind: "ClusterRole", name: metadata.name },
      subjects: [{ apiGroup, kind: "User", name: "o365-sync-operator" }],
    },
  ];
  for (const object of objects) {
    const path = `/apis/${apiGroup}/v1/${object.kind.toLowerCase()}s`;
    const body = { apiVersion: `${apiGroup}/v1`, ...object };
    const { status, body: answer } = await call(controlPlane, { method: "POST", path, body });
    if (status !== 201) throw new Error(`${object.kind}: HTTP ${status}: ${JSON.stringify(answer)}`);
  }
}
