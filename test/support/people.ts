/** People of a namespace with the roles that a cluster gives them, and what the chart adds to these; only a real API server asks for rights. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { parse, parseAllDocuments, stringify } from "yaml";
import { call } from "../../dev/controlplane/call.ts";
import type { ControlPlaneAccess } from "../../dev/types.ts";
import type { ProvidedControlPlane } from "./global-setup.ts";
import type { Rule } from "./rights.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";

export type PeoplesRole = "view" | "edit" | "admin";

const labelOf = (role: PeoplesRole): string => `rbac.authorization.k8s.io/aggregate-to-${role}`;

/** What the chart adds to view, edit or admin. */
export function chartRules(role: PeoplesRole): Rule[] {
  const text = readFileSync(new URL("../../config/rbac.yaml", import.meta.url), "utf8");
  const roles = parseAllDocuments(text).map((document) => document.toJS() as ClusterRole);
  return roles.flatMap(({ metadata, rules }) => (metadata.labels?.[labelOf(role)] === "true" ? (rules ?? []) : []));
}

interface ClusterRole {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly rules?: Rule[];
}

/** Of Kubernetes' own roles each joins those of the one before it. */
const JOINED: Readonly<Record<PeoplesRole, readonly PeoplesRole[]>> = {
  view: ["view"],
  edit: ["view", "edit"],
  admin: ["view", "edit", "admin"],
};

/** What Kubernetes itself gives to view, edit or admin: its controllers, which would join these, do not run in tests. */
export async function clusterRules(access: ControlPlaneAccess, role: PeoplesRole): Promise<Rule[]> {
  const found: Rule[] = [];
  for (const each of JOINED[role]) {
    const path = `${RBAC}/clusterroles/system:aggregate-to-${each}`;
    const { status, body } = await call(access, { method: "GET", path });
    if (status !== 200) throw new Error(`${path}: HTTP ${status}`);
    found.push(...((body as ClusterRole).rules ?? []));
  }
  return found;
}

interface Person {
  readonly name: string;
  readonly namespace: string;
  readonly rules: readonly Rule[];
  /** Where the kubeconfig is written. */
  readonly path: string;
}

/** A service account with these rules in its namespace. Its kubeconfig is written, and its token answered. */
export async function createPerson(
  access: ProvidedControlPlane,
  { name, namespace, rules, path }: Person,
): Promise<string> {
  const must = async (url: string, body: object): Promise<unknown> => {
    const answer = await call(access, { method: "POST", path: url, body });
    if (answer.status >= 300) throw new Error(`${url}: HTTP ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await must(accounts, { metadata: { name } });
  await must(`${RBAC}/namespaces/${namespace}/roles`, { metadata: { name }, rules });
  await must(`${RBAC}/namespaces/${namespace}/rolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  });
  const issued = (await must(`${accounts}/${name}/token`, { spec: {} })) as { status: { token: string } };
  const config = parse(readFileSync(access.kubeconfig, "utf8")) as { users: { user: object }[] };
  for (const each of config.users) each.user = { token: issued.status.token };
  await writeFile(path, stringify(config), { mode: 0o600 });
  return issued.status.token;
}
