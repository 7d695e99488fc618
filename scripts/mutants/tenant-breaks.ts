/** Breaks of reading the tenant, and of publishing what was read. */
import { type Break, one } from "./break.ts";

const PAGES = "src/directory/graph/pages.ts";
const READ = "src/directory/graph/read.ts";
const PUBLISH = "src/publication/publish.ts";

export const reading: readonly Break[] = [
  one(
    "a page without a list ends the read",
    PAGES,
    'if (!Array.isArray(value)) throw malformed(operation, "a page has no list of entries");',
    "if (!Array.isArray(value)) return { entries: [], link: undefined };",
    "unit/directory/graph/pages",
  ),
  one("a link leads to Graph's own origin", PAGES, "url.origin === origin && ", "", "unit/directory/graph/pages"),
  one(
    "a link carries no credentials",
    PAGES,
    'url.username === "" && url.password === "" && ',
    "",
    "unit/directory/graph/pages",
  ),
  one("a link stays in the version", PAGES, ' && url.pathname.startsWith("/v1.0/")', "", "unit/directory/graph/pages"),
  one(
    "a link that makes no sense is no end",
    PAGES,
    'if (link === undefined) throw malformed(operation, "the link to the next page does not lead to Graph");',
    "",
    "unit/directory/graph/pages",
  ),
  one(
    "a page does not lead back",
    PAGES,
    "if (seen.has(digest)) throw",
    "if (seen.size > 5) throw",
    "unit/directory/graph/pages",
  ),
  one(
    "a refused page is no end",
    PAGES,
    "        throw refused(refusal);\n      }\n      seen",
    "        return;\n      }\n      seen",
    "unit/directory/graph/pages",
  ),
  one(
    "a chain that began anew is counted anew",
    READ,
    "if (first) objects = withoutAddress = 0;",
    "",
    "unit/directory/graph/read",
  ),
  one(
    "a source that failed fails the read",
    READ,
    "if (failed !== undefined) throw failed.error;",
    "",
    "unit/directory/graph/read",
  ),
  one(
    "groups without addresses are a missing permission",
    READ,
    'source === "groups" && objects > 0 && withoutAddress === objects',
    'source === "groups" && objects > 0 && withoutAddress > objects',
    "unit/directory/graph/read",
  ),
  one(
    "a wrong type is no empty list",
    "src/directory/graph/objects.ts",
    "!isAbsent(proxyAddresses) && !isTexts(proxyAddresses)",
    "false",
    "unit/directory/graph/read",
    "unit/directory/graph/objects-by-id",
  ),
  one(
    "a body that broke off is no answer",
    "src/directory/http/http.ts",
    'throw toTransportError(error, "incomplete");',
    'return Buffer.concat(chunks).toString("utf8");',
    "unit/directory/http/http",
  ),
  one(
    "a body is bounded",
    "src/directory/http/http.ts",
    'if (size > maxBytes) throw new TransportError("tooLarge");',
    "",
    "unit/directory/http/http",
  ),
  one(
    "Retry-After is honoured in full",
    "src/directory/http/retry.ts",
    "Math.max(backoffMs, retryAfterMs ?? 0)",
    "backoffMs",
    "unit/directory/http/retry",
  ),
  one(
    "a long Retry-After ends the run",
    "src/directory/http/retry.ts",
    " || (retryAfterMs ?? 0) > LONGEST_PAUSE_MS",
    "",
    "unit/directory/http/retry",
  ),
  one(
    "one fresh token after a 401",
    "src/directory/graph/graph.ts",
    "if (answer.status === 401) answer =",
    "if (answer.status === 499) answer =",
    "unit/directory/graph/graph",
  ),
];

export const publishing: readonly Break[] = [
  one(
    "what begins is written ahead",
    PUBLISH,
    "standing: await writeManifest(maps, vouchedFor, { ...manifest, intent }, signal),",
    "standing: { ...vouchedFor, manifest: { ...manifest, intent } },",
    "extended/crash/every-call",
  ),
  {
    rule: "the manifest commits last",
    file: PUBLISH,
    changes: [
      [
        "      for (const part of draft.parts) {\n        const seen",
        "      const write = async () => { for (const part of draft.parts) {\n        const seen",
      ],
      [
        "await inSlices(draft.contentOf(part), signal), seen, signal);\n      }",
        "await inSlices(draft.contentOf(part), signal), seen, signal);\n      } };",
      ],
      ["      for (const stray of strays)", "      await write();\n      for (const stray of strays)"],
    ],
    tests: ["test/unit/sync/run/whole-run.test.ts"],
  },
  one(
    "what was begun is finished by the next leader",
    PUBLISH,
    "if (manifest.intent === undefined) return undefined;",
    "return undefined;",
    "extended/crash/every-call",
  ),
  one(
    "writes carry the resourceVersion of the plan",
    PUBLISH,
    "const seen = looks.get(part.name);",
    "const seen = await maps.look(object, part.name, part.role, signal);",
    "unit/sync/run/whole-run",
  ),
  one(
    "a status is fenced by its resourceVersion",
    "src/runtime/status-writer.ts",
    "const body = { metadata: { resourceVersion }, status: patch };",
    "const body = { status: patch };",
    "extended/crash/every-call",
  ),
  {
    rule: "a foreign ConfigMap is never written",
    file: "src/publication/configmaps.ts",
    changes: [
      ["if (!isOurs(sync, object, role)) throw conflict(name);", ""],
      ["if (!isOurs(sync, cached, role)) throw conflict(name);", ""],
    ],
    tests: ["test/unit/sync/run/whole-run.test.ts"],
  },
  one(
    "a list that does not fit is not published",
    "src/publication/publication.ts",
    "if (capacity.ok) return capacity;",
    "return capacity;",
    "unit/sync/run/whole-run",
  ),
  one(
    "the capacity of a ConfigMap",
    "src/recipients/tables/render.ts",
    "const LARGEST_BYTES = 900 * 1024;",
    "const LARGEST_BYTES = 2000 * 1024;",
    "unit/recipients/tables/render",
  ),
  one(
    "a route goes before its table",
    "src/publication/routes.ts",
    "if (leaving.length === 0) return;",
    "return;",
    "unit/sync/run/whole-run",
  ),
  one(
    "no table is empty",
    "src/recipients/tables/formats/text-lines.ts",
    "if (lines.length === 0) lines.push",
    "if (lines.length < 0) lines.push",
    "unit/recipients/tables/render",
  ),
  one(
    "tables are sorted",
    "src/recipients/tables/render.ts",
    "const entries = Array.from(order, (item) => unsorted[item] as Entry);",
    "const entries = unsorted;",
    "unit/recipients/tables/render",
  ),
];
