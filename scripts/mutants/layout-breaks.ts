/** Breaks of what gateways still mount: layouts that retire, formats that share a ConfigMap, and lists whose manifest is lost. */
import { type Break, one } from "./break.ts";

const RETIRE = "src/publication/retire.ts";
const MANIFEST = "src/publication/manifest.ts";
const BASELINE = "src/sync/run/load-baseline.ts";
const LAYOUTS = "unit/sync/run/layouts";
const LOST = "unit/domain/lost-manifest";

export const layouts: readonly Break[] = [
  one(
    "a layout that no longer fits stays",
    RETIRE,
    "if (shards !== output.shards && now !== undefined && left.some(stood))",
    "if (shards !== output.shards && now === undefined)",
    LAYOUTS,
  ),
  one(
    "a format that retires keeps no other back",
    RETIRE,
    "if (capacityOf(sizes).ok) kept",
    "if (sizes) kept",
    LAYOUTS,
  ),
  one("a format that is given up is told", RETIRE, "{ shards, formats, until, gone: true }", "", LAYOUTS),
  one("what is given up stands nowhere", MANIFEST, "retiring.filter(({ gone }) => gone !== true)", "retiring", LAYOUTS),
  one(
    "what gateways mount goes before what was given up",
    RETIRE,
    "Number(stood(b)) - Number(stood(a))",
    "Number(stood(a)) - Number(stood(b))",
    LAYOUTS,
  ),
  one(
    "without a manifest the layouts that stand retire",
    "src/sync/run/gate.ts",
    "current === undefined ? await findLayouts(maps, object, signal) : [];",
    "[];",
    LAYOUTS,
  ),
  one(
    "a takeover knows the layouts that stand without a manifest",
    "src/publication/publish.ts",
    "manifest.current?.layouts ?? (await findLayouts(maps, object, signal));",
    "manifest.current?.layouts ?? [];",
    LAYOUTS,
  ),
  one(
    "stale tables that somebody broke are told",
    "src/publication/inspect.ts",
    "brokenStale: changed.filter((name) => stale.has(name))",
    "brokenStale: changed.filter((name) => !stale.has(name))",
    LAYOUTS,
  ),
  one(
    "a stale table that is gone is no missing table",
    "src/publication/inspect.ts",
    "(stands || stale.has(name) ? [] : [name])",
    "(stands ? [] : [name])",
    LAYOUTS,
  ),
  one(
    "a layout retires for a whole day",
    MANIFEST,
    "const until = new Date(now + DAY_MS)",
    "const until = new Date(now + DAY_MS / 2)",
    LAYOUTS,
  ),
];

export const lost: readonly Break[] = [
  one(
    "a manifest that was begun anew takes no name off",
    "src/publication/lists.ts",
    "const names = routed.filter((name) => next?.includes(name) ?? true);",
    "const names = routed.filter((name) => next?.includes(name) ?? false);",
    LOST,
  ),
  one(
    "whoever says Orphan is heard in whatever state",
    "src/sync/decide/rules.ts",
    "if (!misowned || (!accountsDamaged && tablesObstacle === undefined)) return undefined;",
    "if (misowned) return undefined;",
    "unit/domain/deletion-policy",
  ),
  one(
    "an edited manifest takes no name off the gateway",
    "src/publication/lists.ts",
    "if (!cached.edited) return cached.manifest;",
    "return manifest;",
    LOST,
  ),
  one(
    "of a list whose O365Sync is gone is believed what its MailDomain vouches for",
    "src/publication/anchor.ts",
    "return believe(manifest, { anchor: kept ?? {} }, 0);",
    "return { manifest, edited: kept === undefined && false };",
    "unit/domain/vouched-lists",
  ),
  one(
    "a status that does not fit is mended before anything is decided",
    "src/api/mend-status.ts",
    "if (damaged.length === 0) return object;",
    "if (damaged.length >= 0) return object;",
    "unit/sync/damaged-status",
  ),
  one(
    "an anchor that does not fit vouches for nothing",
    "src/api/sound-status.ts",
    'sound.damaged.includes("anchor") ? withStatus(sound, { anchor: {} }) : sound',
    "sound",
    "unit/api/sound-status",
  ),
  one(
    "a name that moves is kept also where the manifest is lost",
    "src/sync/told-by-tables.ts",
    "if (tables.length === 0) return [];",
    "if (tables.length >= 0) return [];",
    LOST,
  ),
  one(
    "tables tell whether a domain is a Mirror",
    "src/sync/told-by-tables.ts",
    'lacking.has(name) ? "Directory" : "Mirror"',
    'lacking.has(name) ? "Directory" : "Directory"',
    LOST,
  ),
  one(
    "tables without a manifest are measured against under a new name",
    BASELINE,
    "others.push(found);",
    "others.push();",
    LOST,
  ),
  one("tables of another domain are not measured against", BASELINE, "if (isOfDomain) ", "", LOST),
  one(
    "tables of another domain are not adopted without a manifest",
    "src/sync/gather.ts",
    "const found = told ?? (await domainOfTables(maps, object, wanted, signal));",
    "const found = told;",
    LOST,
  ),
  one(
    "tables whose MailDomain is gone too are found",
    "src/sync/predecessor.ts",
    "new Set([...unread, ...nameless])",
    "new Set([...unread])",
    LOST,
  ),
  one(
    "a list that can be read counts beside those that cannot",
    BASELINE,
    "if (predecessor !== undefined)\n    others.push(",
    "if (predecessor?.sync === '')\n    others.push(",
    LOST,
  ),
];
