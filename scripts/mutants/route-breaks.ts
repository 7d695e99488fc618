/** Breaks of what keeps a name on the gateway: routes, claims, adoption, renames, fences, and who is woken. */
import { type Break, one } from "./break.ts";

const ROUTING = "src/domain/routed-names.ts";
const PUBLISH_ROUTING = "src/domain/publish-routing.ts";
const STATUS = "src/domain/status.ts";
const LISTS = "src/publication/lists.ts";
const ROUTES = "src/publication/routes.ts";
const MANIFEST = "src/publication/manifest.ts";
const PUBLISH = "src/publication/publish.ts";
const CONFIG_MAPS = "src/publication/configmaps.ts";
const GATHER = "src/sync/gather.ts";
const GATE = "src/sync/run/gate.ts";
const STATUS_WRITER = "src/runtime/status-writer.ts";
const WAKE = "src/operator/wake.ts";
const ROUTE_TEST = "unit/domain/route";
const FENCES = "unit/domain/fences";
const CAP = "unit/sync/run/installation-cap";

export const claims: readonly Break[] = [
  one(
    "a contested name goes to the older MailDomain",
    ROUTING,
    "claimants.find(({ isOlder }) => isOlder);",
    "claimants.find(({ isOlder }) => !isOlder);",
    ROUTE_TEST,
  ),
  one(
    "claims between MailDomains hold",
    ROUTING,
    "return holderOf(name, rivals) === undefined;",
    "return true;",
    ROUTE_TEST,
  ),
  one(
    "a contested name stays with the MailDomain that routes it",
    ROUTING,
    "claimants.find(({ routes }) => routes.includes(name)) ?? ",
    "",
    ROUTE_TEST,
  ),
  one(
    "what is routed stays when the spec loses it",
    ROUTING,
    "if (routed.includes(name)) return true;",
    "if (routed.includes(name)) return spec.includes(name);",
    ROUTE_TEST,
  ),
  one(
    "a name that moves is kept until its new holder routes it",
    "src/sync/handover.ts",
    "return heirs.length > 0;",
    "return false;",
    ROUTE_TEST,
  ),
  one(
    "rivals are woken by old values",
    WAKE,
    'if (change.kind !== "added") handler(change.old, change.kind === "updated" ? change.object : undefined);',
    "",
    "unit/operator/wake",
  ),
  one(
    "rivals are woken by a rival MailDomain",
    WAKE,
    "[domain, ...rivalsOf(domain, domains.store)]",
    "[domain]",
    "unit/operator/wake",
  ),
  one(
    "rivals are woken by a rival O365Sync",
    WAKE,
    "if (isOlder(metadata, rival.metadata))",
    "if (isOlder(rival.metadata, metadata))",
    "unit/operator/wake",
  ),
  one(
    "whoever routes a name hears of one that claims it",
    "src/api/indexers.ts",
    "for (const indexer of [BY_CLAIMED_NAME, BY_ROUTED_NAME])",
    "for (const indexer of [BY_CLAIMED_NAME])",
    "unit/operator/wake",
  ),
];

export const withdrawals: readonly Break[] = [
  {
    rule: "a route is withdrawn before its tables go",
    file: PUBLISH,
    changes: [
      ["      await routes.withdraw(object, manifest, signal);\n", ""],
      [
        "      const strays = findStrays(",
        "      await routes.withdraw(object, manifest, signal);\n      const strays = findStrays(",
      ],
    ],
    tests: ["test/unit/domain/route.test.ts"],
  },
  one(
    "what is begun tells which names go, whatever the spec has become",
    MANIFEST,
    "return names.filter((name) => next.has(name));",
    "return names;",
    ROUTE_TEST,
    FENCES,
  ),
  one(
    "what another list carries stays routed",
    ROUTES,
    "leaving.filter((name) => !others.has(name))",
    "leaving.filter(() => true)",
    ROUTE_TEST,
  ),
  one(
    "a foreign routing ConfigMap is never written",
    PUBLISH_ROUTING,
    "isOwned(ownerOf(domain), found, labelsOf(domain))\n",
    "found.metadata.name !== ''\n",
    "unit/domain/trouble",
  ),
  one(
    "the routing of another domain is left alone",
    PUBLISH_ROUTING,
    "if (other === spec.domain) return undefined;",
    "if (other !== '') return undefined;",
    ROUTE_TEST,
  ),
  one(
    "a routing is written on the ground that was looked at",
    PUBLISH_ROUTING,
    "{ ...found, metadata: mergedMetadata(found.metadata, wanted), data }",
    "{ ...found, metadata: { ...mergedMetadata(found.metadata, wanted), resourceVersion: undefined as never }, data }",
    FENCES,
  ),
  one(
    "what keeps a routing from being written is told at once",
    "src/runtime/lasting-trouble.ts",
    "trouble.stalled === true || now - first >= HICCUP_MS",
    "now - first >= HICCUP_MS",
    "unit/domain/trouble",
  ),
  one("a MailDomain names a hundred O365Syncs at most", STATUS, ".slice(0, MOST_SYNCS)", "", ROUTE_TEST),
];

export const adoptions: readonly Break[] = [
  one(
    "the list of another domain is not adopted",
    GATHER,
    "if (found === undefined || found === wanted) return;",
    "if (found !== '') return;",
    ROUTE_TEST,
  ),
  one(
    "a rename is measured against the list that stands",
    "src/sync/predecessor.ts",
    "manifest === undefined) return [];",
    "sync !== '') return [];",
    ROUTE_TEST,
  ),
  one(
    "a rename brings along what was removed of late",
    GATHER,
    "seen === undefined ? latest : manifest;",
    "manifest;",
    ROUTE_TEST,
  ),
  one(
    "a list whose MailDomain is gone enters the routing of the next one",
    LISTS,
    "follower === undefined || follower.metadata.name",
    "follower?.metadata.name",
    ROUTE_TEST,
  ),
  one(
    "a list that is made for another MailDomain does not enter",
    ROUTING,
    "lists.filter(({ isOwn }) => isOwn)",
    "lists.filter(() => true)",
    "unit/domain/routed-names",
  ),
];

export const fences: readonly Break[] = [
  one(
    "a takeover checks the manifest again",
    PUBLISH,
    "return { standing: await writeManifest(maps, standing, manifest, signal), looks, draft };",
    "return { standing, looks, draft };",
    FENCES,
  ),
  one("what is left over goes only as it was seen", CONFIG_MAPS, "{ signal, preconditions }", "{ signal }", FENCES),
  {
    rule: "what is left over goes after the commit",
    file: PUBLISH,
    changes: [
      ["      for (const stray of strays) await maps.remove(stray, signal);\n", ""],
      [
        "      const done = await writeManifest(",
        "      for (const stray of strays) await maps.remove(stray, signal);\n      const done = await writeManifest(",
      ],
    ],
    tests: ["test/unit/domain/fences.test.ts"],
  },
  one(
    "a status is not written over another leader's",
    STATUS_WRITER,
    "latest.metadata.uid === object.metadata.uid && isDeepStrictEqual(latest.status, object.status);",
    "latest.metadata.uid === object.metadata.uid;",
    "unit/runtime/status-writer",
  ),
  one(
    "a status is not written into another object of the name",
    STATUS_WRITER,
    "latest.metadata.uid === object.metadata.uid && isDeepStrictEqual(latest.status, object.status);",
    "isDeepStrictEqual(latest.status, object.status);",
    "unit/runtime/status-writer",
  ),
];

export const caps: readonly Break[] = [
  one(
    "--max-deletion-percent reaches runs",
    GATE,
    "maxDeletionPercent: services.maxDeletionPercent,",
    "maxDeletionPercent: confirm === undefined ? services.maxDeletionPercent : 100,",
    CAP,
  ),
  one(
    "--max-deletion-percent reaches rendering",
    GATE,
    "maxDeletionPercent: services.maxDeletionPercent,",
    "maxDeletionPercent: confirm === undefined ? 100 : services.maxDeletionPercent,",
    CAP,
  ),
  one(
    "approved removals do not count against the next 24 hours",
    "src/sync/run/run.ts",
    "removed: unseen.lostCount,",
    "removed: proposal.lostCount,",
    CAP,
  ),
  one(
    "rendering minds the window of 24 hours",
    GATE,
    "removedLast24h: removedLastDay(",
    "removedLast24h: confirm === undefined ? 0 : removedLastDay(",
    CAP,
  ),
];
