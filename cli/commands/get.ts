/** `get`: every sync on one line, trouble first. */
import type { O365Sync } from "../../src/api/types.generated.ts";
import { EXIT, type ExitCode } from "../command-error.ts";
import { ago, type Colour, isData, type Output, oneLine } from "../output.ts";
import { getSync, listSyncs, type Session } from "../session.ts";

export async function get(session: Session, name: string | undefined): Promise<ExitCode> {
  const { output, clock, namespace } = session;
  const syncs = name === undefined ? await listSyncs(session) : [await getSync(session, name)];
  const sorted = syncs.toSorted((a, b) => urgency(b) - urgency(a) || keyOf(a).localeCompare(keyOf(b)));
  if (isData(output)) {
    output.data(sorted.map((sync) => rowOf(sync)));
    return EXIT.ok;
  }
  if (sorted.length === 0) {
    output.progress(
      namespace === undefined
        ? "No O365Sync in any namespace."
        : `No O365Sync in the namespace ${namespace}; -A looks in all of them.`,
    );
    return EXIT.ok;
  }
  const header = [
    ...(namespace === undefined ? ["NAMESPACE"] : []),
    "NAME",
    "DOMAIN",
    "READY",
    "ACCOUNTS",
    "LAST SYNC",
    "NEXT SYNC",
    "ADDITIONS",
    "HELD",
    ...(output.format === "wide" ? ["ALIASES", "ADDRESSES", "REVISION"] : []),
    "WHY",
  ];
  output.table(
    header,
    sorted.map((sync) => cells(sync, output, clock.now(), namespace === undefined)),
  );
  return EXIT.ok;
}

const keyOf = ({ metadata }: O365Sync): string => `${metadata.namespace}/${metadata.name}`;

/** What a person must look at first. */
function urgency({ spec, status }: O365Sync): number {
  const is = (type: string, value: string) =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === value) === true;
  if (is("Stalled", "True")) return is("Held", "True") ? 4 : 5;
  if (is("Ready", "False")) return 3;
  if (!is("Ready", "True")) return 2;
  return spec.suspend ? 1 : 0;
}

function rowOf(sync: O365Sync) {
  const { metadata, spec, status } = sync;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const { additions } = statusOf(sync);
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    domain: status?.domain ?? null,
    ready: ready?.status ?? "Unknown",
    reason: ready?.reason ?? null,
    message: ready?.message ?? null,
    suspended: spec.suspend,
    accounts: status?.published?.accounts ?? null,
    aliases: status?.published?.aliases ?? null,
    addresses: status?.published?.addresses ?? null,
    revision: status?.published?.revision ?? null,
    lastSuccessfulTime: status?.lastSuccessfulTime ?? null,
    next: status?.schedule?.next ?? null,
    additions: additions?.state ?? null,
    heldDigest: status?.held?.planDigest ?? null,
    heldDeletes: status?.held?.changes === undefined ? null : deletes(status.held.changes),
  };
}

interface Additions {
  readonly state?: string;
  readonly accountAdds?: number;
  readonly aliasAdds?: number;
}

const statusOf = ({ status }: O365Sync) => (status ?? {}) as { readonly additions?: Additions };

const deletes = ({ accountDeletes, aliasDeletes }: { accountDeletes: number; aliasDeletes: number }): number =>
  accountDeletes + aliasDeletes;

function cells(sync: O365Sync, output: Output, now: number, withNamespace: boolean): string[] {
  const row = rowOf(sync);
  const colour: Colour = row.ready === "True" ? "green" : row.ready === "False" ? "red" : "yellow";
  const { additions } = statusOf(sync);
  const added = (additions?.accountAdds ?? 0) + (additions?.aliasAdds ?? 0);
  return [
    ...(withNamespace ? [row.namespace] : []),
    row.name,
    row.domain ?? "",
    output.paint(colour, row.ready),
    String(row.accounts ?? ""),
    ago(row.lastSuccessfulTime ?? undefined, now),
    row.next ?? "",
    additions?.state === undefined ? "off" : `${additions.state}${added === 0 ? "" : ` (+${added})`}`,
    row.heldDigest === null ? "" : output.paint("yellow", `-${row.heldDeletes ?? "?"}`),
    ...(output.format === "wide" ? [String(row.aliases ?? ""), String(row.addresses ?? ""), row.revision ?? ""] : []),
    row.ready === "True" ? "" : oneLine(shortened(`${row.reason ?? ""}: ${row.message ?? ""}`, output.format)),
  ];
}

const LONGEST_WHY = 100;
const shortened = (text: string, format: Output["format"]): string =>
  format === "wide" || text.length <= LONGEST_WHY ? text : `${text.slice(0, LONGEST_WHY - 1)}…`;
