/** `doctor`: what is wrong, each with its cure. */
import { GROUP } from "../../src/api/group.ts";
import { O365_SYNC } from "../../src/api/resources.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { compilePatterns } from "../../src/recipients/patterns.ts";
import { CONFIG_MAP, type KubeObject, LEASE, type ResourceType } from "../../src/runtime/kube.ts";
import { ApiError } from "../../src/runtime/types.ts";
import { CommandError, EXIT, type ExitCode } from "../command-error.ts";
import { isData, printable } from "../output.ts";
import { readLeftOut } from "../read/left-out.ts";
import { listDomains, listSyncs, missingRight, type Session } from "../session.ts";
import type { Finding } from "./doctor-finding.ts";
import { versions } from "./doctor-versions.ts";

type Check = (session: Session) => Promise<readonly Finding[]>;

export async function doctor(session: Session, version: string): Promise<ExitCode> {
  const { output } = session;
  const checks: readonly Check[] = [(each) => versions(each, version), rights, leader, syncs, domains, patterns];
  const findings: Finding[] = [];
  for (const check of checks) findings.push(...(await findingsOf(check, session)));
  if (isData(output)) output.data(findings);
  else {
    for (const { level, what, cure } of findings) {
      const mark = { ok: "green", warning: "yellow", problem: "red", unknown: "yellow" } as const;
      output.line(`${output.paint(mark[level], level.padEnd(8))}${printable(what)}`);
      if (cure !== undefined) output.line(`        ${output.paint("dim", `to do: ${printable(cure)}`)}`);
    }
  }
  return findings.some(({ level }) => level === "problem") ? EXIT.no : EXIT.ok;
}

async function findingsOf(check: Check, session: Session): Promise<readonly Finding[]> {
  try {
    return await check(session);
  } catch (error) {
    if (error instanceof CommandError || error instanceof ApiError) return [{ level: "unknown", what: error.message }];
    throw error;
  }
}

interface Review extends KubeObject {
  readonly spec: { readonly resourceAttributes: Readonly<Record<string, string>> };
  readonly status?: { readonly allowed?: boolean };
}

const REVIEW: ResourceType<Review> = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "selfsubjectaccessreviews",
  kind: "SelfSubjectAccessReview",
  namespaced: false,
};

const RIGHTS: readonly (readonly [type: ResourceType<KubeObject>, verb: string, what: string])[] = [
  [O365_SYNC, "list", "get, why"],
  [O365_SYNC, "patch", "sync, test, approve, suspend"],
  [CONFIG_MAP, "get", "why, plan, history, changes, export"],
];

const rights: Check = async ({ client, namespace, ownNamespace, signal }) => {
  const where = namespace ?? ownNamespace;
  const findings: Finding[] = [];
  for (const [type, verb, what] of RIGHTS) {
    const attributes = { group: type.group, resource: type.plural, verb, namespace: where };
    const review: Review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      metadata: { name: "" },
      spec: { resourceAttributes: attributes },
    };
    const { status } = await client.create(REVIEW, review, { signal });
    if (status?.allowed !== true)
      findings.push({ level: "problem", what: `${missingRight(type, where, verb)}; needed for ${what}` });
  }
  return findings.length > 0
    ? findings
    : [{ level: "ok", what: `you may ask, approve and read in the namespace ${where}` }];
};

const LEASE_NAME = "o365-sync-operator";

const leader: Check = async (session) => {
  const { client, clock, signal } = session;
  try {
    const { items } = await client.list(LEASE, { signal, fieldSelector: `metadata.name=${LEASE_NAME}` });
    if (items.length === 0) return [await withoutLease(session)];
    return items.map(({ metadata, spec }): Finding => {
      const age = Math.round((clock.now() - Date.parse(spec?.renewTime ?? "")) / 1000);
      const alive = age <= (spec?.leaseDurationSeconds ?? 15);
      if (alive) return { level: "ok", what: `an operator leads in ${metadata.namespace} (${spec?.holderIdentity})` };
      return {
        level: "problem",
        what: `nobody has led in ${metadata.namespace} for ${Number.isNaN(age) ? "an unknown time" : `${age} s`}`,
        cure: `kubectl -n ${metadata.namespace} get pods -l app.kubernetes.io/name=o365-sync-operator`,
      };
    });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 403)) throw error;
    return [{ level: "unknown", what: `who leads: ${missingRight(LEASE, undefined, "list")}` }];
  }
};

/** One replica may run without leader election: then only what it wrote tells of it. */
async function withoutLease(session: Session): Promise<Finding> {
  const served = (await listSyncs(session)).some(({ status }) => status?.conditions !== undefined);
  if (!served)
    return { level: "problem", what: "no operator has ever led here", cure: "install it, or look at its log" };
  return {
    level: "unknown",
    what: "whether an operator runs: there is no Lease, so it has --leader-elect=false, or is gone",
    cure: "kubectl get pods -A -l app.kubernetes.io/name=o365-sync-operator",
  };
}

const ANNOTATIONS: readonly string[] = ["sync", "test-sync", "test-connection", "approve"].map(
  (name) => `${GROUP}/${name}`,
);

const syncs: Check = async (session) => {
  const found = await listSyncs(session);
  const findings = found.flatMap((sync) => [...stalled("O365Sync", sync), ...unknownAnnotations(sync)]);
  return findings.length > 0 ? findings : [{ level: "ok", what: `${found.length} O365Syncs, none of them stalled` }];
};

const domains: Check = async (session) => {
  const found = await listDomains(session);
  const findings = found.flatMap((domain) => stalled("MailDomain", domain));
  return findings.length > 0 ? findings : [{ level: "ok", what: `${found.length} MailDomains, none of them stalled` }];
};

/** Of what the last sync left out; an older or an incomplete file tells nothing of them. */
const patterns: Check = async (session) => {
  const findings: Finding[] = [];
  for (const sync of await listSyncs(session)) {
    const { excludeRecords = [] } = sync.spec;
    if (excludeRecords.length === 0 || !isSettled(sync)) continue;
    const name = `O365Sync ${sync.metadata.namespace}/${sync.metadata.name}`;
    const { entries, more, damaged } = await readLeftOut(session, sync);
    if (more > 0 || damaged) {
      const why = damaged ? "is not as it was written" : `has no room for ${more} addresses`;
      findings.push({
        level: "unknown",
        what: `whether every pattern of ${name} matches something: its left-out file ${why}`,
      });
      continue;
    }
    const excluded = entries.flatMap(({ reason, address }) => (reason === "excluded" ? (address ?? []) : []));
    for (const pattern of excludeRecords) {
      const patternOf = compilePatterns([pattern]);
      if (excluded.some((address) => patternOf(address) !== undefined)) continue;
      findings.push({
        level: "warning",
        what: `${name}: the pattern ${pattern} of spec.excludeRecords matches nothing that the tenant has`,
        cure: "correct it or take it out; it is matched against the whole address in lower case",
      });
    }
  }
  return findings;
};

/** Whether the last sync was made with the spec as it is. */
const isSettled = ({ metadata, status }: O365Sync): boolean =>
  status?.conditions?.some(
    ({ type, status: is, observedGeneration }) =>
      type === "Ready" && is === "True" && observedGeneration === metadata.generation,
  ) === true;

function stalled(kind: string, { metadata, status }: KubeObject & Pick<O365Sync, "status">): Finding[] {
  const condition = status?.conditions?.find(({ type, status: is }) => type === "Stalled" && is === "True");
  return condition === undefined
    ? []
    : [
        {
          level: "problem",
          what: `${kind} ${metadata.namespace}/${metadata.name} is stalled (${condition.reason})`,
          cure: condition.message,
        },
      ];
}

function unknownAnnotations({ metadata }: O365Sync): Finding[] {
  return Object.keys(metadata.annotations ?? {})
    .filter((name) => name.startsWith(`${GROUP}/`) && !ANNOTATIONS.includes(name))
    .map((name) => ({
      level: "warning",
      what: `O365Sync ${metadata.namespace}/${metadata.name} has the annotation ${name}, which asks for nothing`,
      cure: `it must be one of ${ANNOTATIONS.join(", ")}`,
    }));
}
