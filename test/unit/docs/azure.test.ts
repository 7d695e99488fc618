/**
 * The commands of Azure's own command line, which no test runs because they reach Microsoft: each is one that it has, with options that
 * it takes, all that it wants, and values that it allows. scripts/azure-options.py asked it.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commandsOf } from "../../support/commands.ts";
import { ROOT, readPages } from "../../support/pages.ts";

interface Option {
  readonly required?: true;
  readonly values?: readonly string[];
}

const { commands: known } = JSON.parse(readFileSync(`${ROOT}test/data/azure.json`, "utf8")) as {
  readonly commands: Readonly<Record<string, Readonly<Record<string, Option>>>>;
};

/** As a shell splits it; what is in quotes is one word. */
const wordsOf = (line: string): string[] =>
  (line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []).map((word) => word.replaceAll(/^["']|["']$/g, ""));

interface Call {
  readonly command: string;
  readonly given: ReadonlyMap<string, readonly string[]>;
}

function read(line: string): Call {
  const words = wordsOf(line.replace(/^[A-Z]+=\$\((.*)\)$/s, "$1")).slice(1);
  const end = words.findIndex((word) => word.startsWith("-"));
  const given = new Map<string, string[]>();
  let values: string[] = [];
  for (const word of end === -1 ? [] : words.slice(end)) {
    if (/^--?[a-z]/.test(word)) {
      values = [];
      given.set(word, values);
    } else values.push(word);
  }
  return { command: words.slice(0, end === -1 ? words.length : end).join(" "), given };
}

/** What Azure's command line would say, in short. */
function complaints(line: string): string[] {
  const { command, given } = read(line);
  const options = known[command];
  if (options === undefined) return [`az has no ${command}`];
  const wanted = Object.entries(options).filter(([, { required }]) => required);
  return [
    ...wanted.filter(([name]) => name.startsWith("--") && !given.has(name)).map(([name]) => `${name} is missing`),
    ...[...given].flatMap(([name, values]) => {
      const option = options[name];
      if (option === undefined) return [`${command} has no ${name}`];
      const strange = values.filter((value) => option.values !== undefined && !option.values.includes(value));
      return strange.map((value) => `${name} is not ${value}`);
    }),
  ];
}

const inline = (text: string): string[] =>
  [...text.matchAll(/`(az [a-z][^`]*)`/g)].map(([, command = ""]) => command.replaceAll(/\s+/g, " "));
const calls = readPages().flatMap((page) =>
  [...commandsOf(page).filter((line) => /^([A-Z]+=\$\()?az /.test(line)), ...inline(page.text)].map(
    (line) => [page.path, line] as const,
  ),
);

describe("A command of Azure's command line", () => {
  it.each(calls)("%s: %s", (_, line) => {
    expect(complaints(line)).toEqual([]);
  });

  it("is found in blocks, in lines and in assignments", () => {
    const found = new Set(calls.map(([, line]) => read(line).command));
    expect([...found].sort()).toEqual(Object.keys(known).sort());
  });

  it.each([
    ["az ad app make --display-name x", "az has no ad app make"],
    ["az ad sp create", "--id is missing"],
    ["az ad app update --id x --redirect-uris y", "ad app update has no --redirect-uris"],
    ["az ad app create --display-name x --sign-in-audience Everybody", "--sign-in-audience is not Everybody"],
  ])("is refused as it would be: %s", (line, complaint) => {
    expect(complaints(line)).toContain(complaint);
  });

  it("hands on a federated credential that is JSON with what Entra wants", () => {
    const line = calls.find(([, text]) => text.includes("federated-credential create"))?.[1] ?? "";
    const [parameters = ""] = read(line).given.get("--parameters") ?? [];
    expect(Object.keys(JSON.parse(parameters) as object)).toEqual(["name", "issuer", "subject", "audiences"]);
  });

  it("asks for the permissions of the table, by their ids", () => {
    const page = readPages().find(({ path }) => path === "docs/access.md");
    const table = [...(page?.text ?? "").matchAll(/^\| `[A-Za-z.]+` \| `([0-9a-f-]{36})` \|/gm)].map(
      ([, id]) => `${id}=Role`,
    );
    const line = calls.find(([, text]) => text.includes("permission add"))?.[1] ?? "";
    expect(table).toHaveLength(3);
    expect(read(line).given.get("--api-permissions")).toEqual(table);
  });
});
