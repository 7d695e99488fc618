/** What is broken on purpose, one at a time, and which test files must notice. */

export interface Break {
  /** The rule that does not hold any more. */
  readonly rule: string;
  readonly file: string;
  /** Each text stands in the file exactly once, and is replaced. */
  readonly changes: readonly (readonly [from: string, to: string])[];
  readonly tests: readonly string[];
}

const one = (rule: string, file: string, from: string, to: string, ...tests: string[]): Break => ({
  rule,
  file,
  changes: [[from, to]],
  tests: tests.map((name) => `test/${name}.test.ts`),
});

const GUARDS = "src/recipients/guards.ts";
const PAGES = "src/directory/pages.ts";
const READ = "src/directory/read.ts";
const CONFIRM = "src/directory/confirm.ts";
const PUBLISH = "src/sync/publish.ts";
const RUN = "src/sync/run.ts";
const DECIDE = "src/sync/decide.ts";

const guards: readonly Break[] = [
  one(
    "EmptyResult is never published",
    GUARDS,
    "if (tenantAccounts > 0) return [];",
    "return [];",
    "recipients/guards",
  ),
  one(
    "EmptyResult is not approvable",
    GUARDS,
    "actual: 0, approvable: false, message",
    "actual: 0, approvable: true, message",
    "recipients/guards",
  ),
  one("SourceVanished", GUARDS, "objects[source] > 0 || !going", "true", "recipients/guards"),
  one("SourceVanished only where accounts go", GUARDS, "|| !going", "", "recipients/guards"),
  one(
    "operationsLimit at its edge",
    GUARDS,
    "actual <= allowed) return []",
    "actual <= allowed + 1) return []",
    "recipients/guards",
  ),
  one(
    "operationsLimit counts the total",
    GUARDS,
    '"aliasDeletes", "total"] as const',
    '"aliasDeletes"] as const',
    "recipients/guards",
  ),
  one(
    "operationsLimit holds for the first publication",
    GUARDS,
    "LIMITS.flatMap((name): Violation[] => {\n    const",
    "LIMITS.flatMap((name): Violation[] => {\n    if (plan.counts.accountDeletes === 0 && plan.counts.aliasDeletes === 0) return [];\n    const",
    "recipients/guards",
  ),
  one(
    "all violations at once",
    GUARDS,
    "checklist.flatMap((guard) => guard(input));",
    "checklist.flatMap((guard) => guard(input)).slice(0, 1);",
    "recipients/guards",
  ),
  one(
    "the deletion guard",
    GUARDS,
    "if (actual <= limit) return [];\n  const allowed = Math.floor(limit)",
    "if (actual <= accepted) return [];\n  const allowed = Math.floor(limit)",
    "recipients/guards",
  ),
  one(
    "the deletion guard's edge",
    GUARDS,
    "if (actual <= limit) return [];\n  const allowed = Math.floor(limit)",
    "if (actual < limit) return [];\n  const allowed = Math.floor(limit)",
    "recipients/guards",
  ),
  one("the half rule", GUARDS, "const limit = Math.min(share, half);", "const limit = share;", "recipients/guards"),
  one(
    "the window of 24 hours is added",
    GUARDS,
    "const actual = lost + removedLast24h;",
    "const actual = lost;",
    "recipients/guards",
  ),
  one(
    "the floor",
    GUARDS,
    "Math.max(floor, (maxPercent * accepted) / 100)",
    "(maxPercent * accepted) / 100",
    "recipients/guards",
  ),
  one(
    "the share is not rounded",
    GUARDS,
    "Math.max(floor, (maxPercent * accepted) / 100)",
    "Math.max(floor, Math.ceil((maxPercent * accepted) / 100))",
    "recipients/guards",
  ),
  one(
    "the installation's cap",
    GUARDS,
    "if (cap >= 100) return deletionGuard;",
    "return deletionGuard;",
    "recipients/guards",
  ),
  one(
    "the cap keeps the guard on",
    GUARDS,
    "if (!enabled) return { enabled: true,",
    "if (!enabled) return { enabled: false,",
    "recipients/guards",
  ),
  one(
    "the cap limits the floor",
    GUARDS,
    "floor: Math.min(floor, LARGEST_CAPPED_FLOOR) }",
    "floor }",
    "recipients/guards",
  ),
  one(
    "a damaged baseline is compared by its numbers",
    GUARDS,
    'baseline.kind === "none" || lost === 0',
    'baseline.kind !== "accounts" || lost === 0',
    "recipients/guards",
  ),
  one(
    "a baseline that is damaged is not none",
    "src/sync/baseline.ts",
    "if (numbers !== undefined) return",
    "if (numbers === undefined) return",
    "sync/whole-run",
  ),
  one(
    "a baseline of tables that stand alone",
    "src/sync/baseline.ts",
    "if (addresses.length > 0) return",
    "if (addresses.length < 0) return",
    "sync/whole-run",
  ),
  one("the window is a day", "src/sync/manifest.ts", "> now - DAY_MS", "> now - 1000", "sync/deletion-window"),
  one(
    "what was removed is remembered",
    "src/sync/manifest.ts",
    "if (removed > 0) removals.push",
    "if (removed < 0) removals.push",
    "sync/deletion-window",
  ),
];

const confirmations: readonly Break[] = [
  one("removals are confirmed", "src/sync/steps.ts", "  if (wrong === 0) return;", "  return;", "sync/whole-run"),
  one(
    "removals are asked for",
    "src/sync/steps.ts",
    "if (removals.objects.length === 0) return;",
    "return;",
    "sync/whole-run",
  ),
  one(
    "an object that still has the address confirms nothing",
    "src/recipients/confirm.ts",
    "removed.some((address) => has(answer, address))",
    "removed.every((address) => has(answer, address) && false)",
    "recipients/confirm",
  ),
  one(
    "an object missing from the answer confirms nothing",
    "src/recipients/confirm.ts",
    "answer === undefined ||",
    "answer !== undefined &&",
    "recipients/confirm",
  ),
  one(
    "only 404 is gone",
    CONFIRM,
    'if (status === 404) return "gone";',
    'if (status >= 400) return "gone";',
    "directory/confirm",
  ),
  one(
    "a part that failed is asked again",
    CONFIRM,
    "open = [...refusals.keys()];",
    "open = [];\n      return { done: true };",
    "directory/confirm",
  ),
  one(
    "a batch answers for every part",
    CONFIRM,
    'if (part === undefined) throw malformed(OPERATION, "a batch leaves out an object that was asked for");',
    "if (part === undefined) return [asked, { status: 404 }];",
    "directory/confirm",
  ),
  one(
    "null addresses are not none",
    CONFIRM,
    'if (!object.addressesShown) throw malformed(OPERATION, "an object came without its addresses");',
    "",
    "directory/confirm",
  ),
  one(
    "another object's answer confirms nothing",
    CONFIRM,
    "if (object.id.toLowerCase() !== id.toLowerCase())",
    "if (false)",
    "directory/confirm",
  ),
];

const reading: readonly Break[] = [
  one(
    "a page without a list ends the read",
    PAGES,
    'if (!Array.isArray(value)) throw malformed(operation, "a page has no list of entries");',
    "if (!Array.isArray(value)) return { entries: [], link: undefined };",
    "directory/pages",
  ),
  one("a link leads to Graph's own origin", PAGES, "url.origin === origin && ", "", "directory/pages"),
  one("a link carries no credentials", PAGES, 'url.username === "" && url.password === "" && ', "", "directory/pages"),
  one("a link stays in the version", PAGES, ' && url.pathname.startsWith("/v1.0/")', "", "directory/pages"),
  one(
    "a link that makes no sense is no end",
    PAGES,
    'if (link === undefined) throw malformed(operation, "the link to the next page does not lead to Graph");',
    "",
    "directory/pages",
  ),
  one(
    "a page does not lead back",
    PAGES,
    "if (link !== undefined && seen.has(link))",
    "if (seen.size > 5)",
    "directory/pages",
  ),
  one(
    "a refused page is no end",
    PAGES,
    "      throw refused(refusal);\n    }\n    seen",
    "      return;\n    }\n    seen",
    "directory/pages",
  ),
  one(
    "a chain that began anew is counted anew",
    READ,
    "if (first) objects = withoutAddress = 0;",
    "",
    "directory/read",
  ),
  one(
    "a source that failed fails the read",
    READ,
    "if (failed !== undefined) throw failed.error;",
    "",
    "directory/read",
  ),
  one(
    "groups without addresses are a missing permission",
    READ,
    'source === "groups" && withoutAddress * 10 > objects',
    'source === "groups" && withoutAddress > objects',
    "directory/read",
  ),
  one(
    "a wrong type is no empty list",
    "src/directory/objects.ts",
    "!isAbsent(proxyAddresses) && !isTexts(proxyAddresses)",
    "false",
    "directory/read",
    "directory/confirm",
  ),
  one(
    "a body that broke off is no answer",
    "src/directory/http.ts",
    'throw toTransportError(error, "incomplete");',
    'return Buffer.concat(chunks).toString("utf8");',
    "directory/http",
  ),
  one(
    "a body is bounded",
    "src/directory/http.ts",
    'if (size > maxBytes) throw new TransportError("tooLarge");',
    "",
    "directory/http",
  ),
  one(
    "Retry-After is honoured in full",
    "src/directory/retry.ts",
    "Math.max(backoffMs, retryAfterMs ?? 0)",
    "backoffMs",
    "directory/retry",
  ),
  one(
    "a long Retry-After ends the run",
    "src/directory/retry.ts",
    " || (retryAfterMs ?? 0) > LONGEST_PAUSE_MS",
    "",
    "directory/retry",
  ),
  one(
    "one fresh token after a 401",
    "src/directory/graph.ts",
    "if (answer.status === 401) answer =",
    "if (answer.status === 499) answer =",
    "directory/graph",
  ),
];

const publishing: readonly Break[] = [
  one(
    "what begins is written ahead",
    PUBLISH,
    "standing: await writeManifest(maps, { ...standing, inlineJournal }, { ...manifest, intent }, signal),",
    "standing: { ...standing, inlineJournal, manifest: { ...manifest, intent } },",
    "crash/every-call",
  ),
  {
    rule: "the manifest commits last",
    file: PUBLISH,
    changes: [
      [
        "      for (const content of draft.contents) await maps.put(object, content, looks.get(content.name), signal);\n",
        "",
      ],
      [
        "      for (const stray of strays) await maps.remove(stray, signal);",
        "      for (const content of draft.contents) await maps.put(object, content, looks.get(content.name), signal);\n      for (const stray of strays) await maps.remove(stray, signal);",
      ],
    ],
    tests: ["test/crash/every-call.test.ts"],
  },
  one(
    "what was begun is finished by the next leader",
    PUBLISH,
    "if (manifest.intent === undefined) return undefined;",
    "return undefined;",
    "crash/every-call",
  ),
  one(
    "writes carry the resourceVersion of the plan",
    PUBLISH,
    "await maps.put(object, content, looks.get(content.name), signal);",
    "await maps.put(object, content, await maps.look(object, content.name, content.role, signal), signal);",
    "crash/every-call",
  ),
  one(
    "a status is fenced by its resourceVersion",
    "src/sync/status-writer.ts",
    "const body = { metadata: { resourceVersion }, status: patch };",
    "const body = { status: patch };",
    "crash/every-call",
    "bundle/leader",
  ),
  one(
    "a foreign ConfigMap is never written",
    "src/sync/configmaps.ts",
    "if (!isOurs(sync, object, role)) throw conflict(name);",
    "",
    "sync/whole-run",
  ),
  one(
    "a list that does not fit is not published",
    "src/sync/publication.ts",
    "  if (!ok) {",
    "  if (ok === undefined) {",
    "sync/whole-run",
  ),
  one(
    "the capacity of a ConfigMap",
    "src/recipients/render.ts",
    "const LARGEST_BYTES = 900 * 1024;",
    "const LARGEST_BYTES = 2000 * 1024;",
    "recipients/render",
  ),
  one(
    "a route goes before its table",
    "src/sync/routes.ts",
    "if (leaving.length === 0) return;",
    "return;",
    "scenarios/rendering",
  ),
  one(
    "no table is empty",
    "src/recipients/render.ts",
    "if (lines.length === 0) lines.push",
    "if (lines.length < 0) lines.push",
    "recipients/render",
  ),
  one(
    "tables are sorted",
    "src/recipients/render.ts",
    "return new Map([...owners].sort(([a], [b]) => (a < b ? -1 : 1)));",
    "return owners;",
    "recipients/render",
  ),
];

const approvals: readonly Break[] = [
  one(
    "an approval is bound to what was shown",
    RUN,
    "if (shown !== undefined) return beyond(proposal, shown);",
    "if (shown !== undefined) return beyond(proposal, proposal);",
    "sync/whole-run",
  ),
  one(
    "a plan that nobody can show is not approved",
    RUN,
    "  if (shown !== undefined) return beyond(proposal, shown);\n  throw",
    "  if (shown !== undefined) return beyond(proposal, shown);\n  if (run.attempts > 0) return beyond(proposal, proposal);\n  throw",
    "sync/whole-run",
  ),
  one(
    "a violation holds",
    RUN,
    "if (violations.length > 0) return hold(",
    "if (violations.length > 99) return hold(",
    "sync/whole-run",
  ),
  one(
    "a test publishes nothing",
    RUN,
    'if (run.request === "testSync") return endTest',
    'if (run.request === "approve") return endTest',
    "sync/whole-run",
  ),
  one(
    "another digest is refused",
    DECIDE,
    "if (held.planDigest !== request.token)",
    "if (false)",
    "sync/decide-requests",
  ),
  one("what cannot be approved is refused", DECIDE, "if (!held.approvable)", "if (false)", "sync/decide-requests"),
  one(
    "an approval without a held plan is refused",
    DECIDE,
    'if (held === undefined) return reject("UnknownPlan"',
    'if (held !== undefined && held.planDigest === "") return reject("UnknownPlan"',
    "sync/decide-requests",
  ),
  one(
    "a suspended object runs nothing",
    DECIDE,
    'if (object.spec.suspend) return reject("Suspended"',
    'if (false) return reject("Suspended"',
    "sync/decide-requests",
  ),
  one(
    "manual runs are bounded",
    DECIDE,
    "return blocking < 0 ? undefined :",
    "return blocking < 1e9 ? undefined :",
    "sync/decide-requests",
  ),
  one(
    "a shared identity is lent by namespace",
    "src/sync/shared-access.ts",
    'namespaces.includes(object.metadata.namespace ?? "") &&',
    "",
    "sync/shared-access",
  ),
  one(
    "a shared identity is lent by tenant",
    "src/sync/shared-access.ts",
    "tenants.includes(tenant) &&",
    "",
    "sync/shared-access",
  ),
  one(
    "only a GUID names a tenant of a shared identity",
    "src/sync/shared-access.ts",
    "GUID.test(tenant) &&",
    "",
    "sync/shared-access",
  ),
];

export const BREAKS: readonly Break[] = [...guards, ...confirmations, ...reading, ...publishing, ...approvals];
