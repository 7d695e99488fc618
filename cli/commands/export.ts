/** `export`: the whole list, joined over its shards and checked against the manifest. */
import { CommandError, EXIT, type ExitCode } from "../command-error.ts";
import { oneLine, toJson } from "../output.ts";
import { accountsOf, allListed, type PublishedList, readList } from "../read/list.ts";
import { getSync, type Session } from "../session.ts";

export const EXPORT_FORMATS = ["postfix", "plain", "json", "csv"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export async function exportList(session: Session, name: string, asked: ExportFormat | undefined): Promise<ExitCode> {
  if (session.output.format === "yaml")
    throw new CommandError("a list is no YAML: --format postfix, plain, json or csv, or -o json");
  const format = asked ?? (session.output.format === "json" ? "json" : "plain");
  const list = await readList(session, await getSync(session, name));
  if (list === undefined) throw new CommandError(`${name} has published nothing yet`, EXIT.no);
  if (format === "json" || format === "csv") await exportAccounts(session, list, format);
  else await exportAddresses(session, list, format);
  return EXIT.ok;
}

/** Written in pieces: a list of half a million addresses is no string. */
const PIECE = 2000;

async function exportAddresses(session: Session, list: PublishedList, format: "postfix" | "plain"): Promise<void> {
  const addresses = await allListed(session, list);
  if (addresses === undefined)
    throw new CommandError(
      `${list.sync} publishes no table of recipients (spec.output.formats); --format json has its accounts`,
      EXIT.no,
    );
  const end = format === "postfix" ? " OK\n" : "\n";
  for (let from = 0; from < addresses.length; from += PIECE) {
    const lines = addresses.slice(from, from + PIECE).map((address) => `${address}${end}`);
    session.streams.write(lines.join(""));
  }
}

/** One account a line; of CSV one address a line, with the account that it belongs to. */
async function exportAccounts(session: Session, list: PublishedList, format: "json" | "csv"): Promise<void> {
  const { streams } = session;
  if (format === "csv") streams.write("address,kind,account,type,id\n");
  let piece: string[] = [];
  for await (const { id, address, type, aliases } of accountsOf(session, list)) {
    if (format === "json") piece.push(toJson({ id, address, type, aliases }));
    else {
      piece.push([address, "primary", address, type, id].map(quoted).join(","));
      for (const alias of aliases) piece.push([alias, "alias", address, type, id].map(quoted).join(","));
    }
    if (piece.length < PIECE) continue;
    streams.write(`${piece.join("\n")}\n`);
    piece = [];
  }
  if (piece.length > 0) streams.write(`${piece.join("\n")}\n`);
}

/** RFC 4180; a leading = + - @ would be a formula to a spreadsheet. */
function quoted(cell: string): string {
  const text = oneLine(cell);
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
