/** The JSON schemas that editors read: they take every example, and find what a person mistypes. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { filesOf, ROOT, readPages } from "../../support/pages.ts";

const OURS = "apiVersion: o365sync.dev/";
const MODELINE = /^# yaml-language-server: \$schema=(\S+)$/m;

const ajv = new Ajv({ strict: false });
const folder = join(ROOT, "schemas/o365sync.dev");
for (const file of readdirSync(folder))
  ajv.addSchema(JSON.parse(readFileSync(join(folder, file), "utf8")) as object, `o365sync.dev/${file}`);
const validate = ajv.compile(JSON.parse(readFileSync(join(ROOT, "schemas/all.json"), "utf8")) as object);

const documentsOf = (text: string): unknown[] =>
  parseAllDocuments(text, { logLevel: "silent" }).map((document) => document.toJS() as unknown);
const problems = (object: unknown): string[] =>
  validate(object) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

const examples = filesOf("examples", ".yaml", true).filter((path) =>
  readFileSync(join(ROOT, path), "utf8").includes(OURS),
);
const blocks = readPages().flatMap(({ path, blocks: all }) =>
  all
    .filter(({ info, text }) => info === "yaml" && text.startsWith(OURS))
    .map(({ text, line }) => ({ at: `${path}:${line}`, text })),
);

describe("24: the schemas for editors", () => {
  it.each(examples)("are named by %s, and take it", (path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    const [, named = ""] = MODELINE.exec(text) ?? [];
    expect(resolve(dirname(join(ROOT, path)), named)).toBe(join(ROOT, "schemas/all.json"));
    expect(documentsOf(text).flatMap(problems)).toEqual([]);
  });

  it.each(blocks)("take what $at shows", ({ text }) => {
    expect(documentsOf(text).flatMap(problems)).toEqual([]);
  });

  const sync = {
    apiVersion: "o365sync.dev/v1alpha1",
    kind: "O365Sync",
    metadata: { name: "example-com" },
    spec: { domainRef: { name: "example-com" }, tenantId: "example.onmicrosoft.com" },
  };
  it.each([
    ["a field that does not exist", { suspended: true }, /must NOT have additional properties/],
    ["a wrong kind of value", { suspend: "yes" }, /\/spec\/suspend must be boolean/],
    ["a number out of bounds", { schedule: { timesPerDay: 5 } }, /timesPerDay must be <= 4/],
    ["a time of day that is none", { schedule: { times: ["25:00"] } }, /times\/0 must match pattern/],
    ["a word that is none of the choices", { cloud: "Mars" }, /cloud must be equal to one of/],
  ])("find %s", (_, wrong, says) => {
    expect(problems(sync)).toEqual([]);
    expect(problems({ ...sync, spec: { ...sync.spec, ...wrong } }).join("\n")).toMatch(says);
  });

  it("leave other kinds alone", () => {
    expect(problems({ apiVersion: "v1", kind: "Secret", data: {} })).toEqual([]);
  });
});
