/** What docs/access.md says of clouds, permissions and flags is what the code does. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { FLAGS } from "../../../src/config/flags.ts";
import { CLOUDS, FEDERATED_AUDIENCES } from "../../../src/directory/clouds.ts";
import { leastRole } from "../../../src/directory/permissions.ts";
import { probeHelp } from "../../../src/probe/flags.ts";
import { SOURCES } from "../../../src/recipients/model.ts";
import { parseSharedAccess } from "../../../src/sync/access/shared-access.ts";

const page = readFileSync("docs/access.md", "utf8");

it("the page has every cloud with its endpoints and audience", () => {
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  for (const [cloud, { authority, graph }] of Object.entries(CLOUDS)) {
    const row = rows.find((line) => line.startsWith(`| \`${cloud}\``)) ?? "";
    const audience = FEDERATED_AUDIENCES[cloud as keyof typeof CLOUDS];
    for (const part of [authority, graph, audience]) expect(row).toContain(`\`${part}\``);
  }
});

it("the page names the least permission of every source", () => {
  for (const source of SOURCES) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${leastRole(source)}\``));
    expect(row).toContain(`sources.${source}`);
  }
});

it("the page names no flag that does not exist", () => {
  const theirs = [
    "name",
    "sign-in-audience",
    "allow-no-subscriptions",
    "display-name",
    "query",
    "output",
    "id",
    "api",
    "web-redirect-uris",
  ];
  const others = [
    "api-permissions",
    "append",
    "cert",
    "key",
    "parameters",
    "overwrite",
    "from-literal",
    "dry-run",
    "server-side",
    "force-conflicts",
    "for",
    "timeout",
  ];
  const ours = [...Object.keys(FLAGS), ...[...probeHelp().matchAll(/--([a-z-]+)/g)].map(([, name = ""]) => name)];
  const named = [...page.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, name = ""]) => name);
  expect(named.filter((name) => ![...ours, ...theirs, ...others].includes(name))).toEqual([]);
});

it("the page's settings of shared access are understood", () => {
  const [, json = ""] = /```json\n(.*?)```/s.exec(page) ?? [];
  expect(parseSharedAccess(json).allow).toHaveLength(1);
});
