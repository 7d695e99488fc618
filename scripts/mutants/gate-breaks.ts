/** Breaks of what leads to the gateway's list: confirmations by address, baselines of tables, layouts, approvals, the last look. */
import { type Break, one } from "./break.ts";

const CONFIRMATION = "unit/sync/run/confirmation";
const TABLES = "unit/sync/run/standing-tables";
const APPROVALS = "unit/sync/run/approvals";
const STEPS = "src/sync/run/ask-tenant.ts";
const GROUND = "src/sync/run/ground.ts";
const CONTROLLER = "src/sync/controller.ts";
const HOLDERS = "src/directory/graph/holders.ts";

export const gate: readonly Break[] = [
  one(
    "who has an address by now is heard",
    STEPS,
    "if (held.size > 0) throw",
    "if (held.size < 0) throw",
    CONFIRMATION,
  ),
  one(
    "bare removals are asked for up to a number",
    STEPS,
    "const asked = removals.bare > MOST_BARE ?",
    "const asked = removals.bare > 0 ?",
    TABLES,
  ),
  one("the second form of a filter", HOLDERS, "(await ask(advanced(refused)))", "refused", CONFIRMATION),
  one(
    "a filter follows its pages",
    HOLDERS,
    "path !== undefined; page++",
    "path === undefined; page++",
    "unit/directory/graph/holders",
  ),
  one(
    "tables go before numbers",
    "src/sync/run/load-baseline.ts",
    'if (addresses.length > 0) return { kind: "addresses", addresses, published };',
    'if (addresses.length > 0 && published === undefined) return { kind: "addresses", addresses, published };',
    TABLES,
  ),
  one(
    "a deleted shard is counted by the numbers",
    "src/publication/proposal.ts",
    "const lostCount = Math.max(lost.size, fewer);",
    'const lostCount = baseline.kind === "numbers" ? fewer : lost.size;',
    TABLES,
  ),
  one(
    "an approval that meets an obstacle is not spent",
    "src/sync/decide/serve-requests.ts",
    'if (request.kind !== "approve" && object.spec.suspend)',
    "if (object.spec.suspend)",
    APPROVALS,
  ),
  one(
    "digests outlive a rendering",
    "src/publication/proposal.ts",
    "publishedAt: current?.plannedTime ?? current?.time",
    "publishedAt: current?.time",
    APPROVALS,
  ),
  one("a hold that was undone goes", CONTROLLER, "view.drifted || undone ||", "view.drifted ||", APPROVALS),
  one(
    "a hold that comes back is held again",
    CONTROLLER,
    "if (!view.outdated) memory.heldRender = undefined;",
    "",
    APPROVALS,
  ),
  one(
    "a rendering takes no run's plan away",
    "src/sync/run/rerender.ts",
    "if (status.held !== undefined && status.held.rendering !== true) return status;",
    "",
    APPROVALS,
  ),
  one("suspended meanwhile", GROUND, "if (found.spec.suspend && !object.spec.suspend)", "if (false)", APPROVALS),
  one("made again meanwhile", GROUND, "found.metadata.uid !== uid ||", "", APPROVALS, "unit/sync/run/ground"),
  one("changed meanwhile", GROUND, "if (planned(found) !== planned(object))", "if (false)", APPROVALS),
  one("another MailDomain meanwhile", GROUND, "if (!same)", "if (false)", APPROVALS),
  one(
    "the installation's cap reaches runs and rendering",
    "src/sync/run/gate.ts",
    "maxDeletionPercent: services.maxDeletionPercent,",
    "maxDeletionPercent: 100,",
    APPROVALS,
  ),
  one(
    "approved removals do not count",
    "src/sync/run/run.ts",
    "removed: unseen.lostCount, record",
    "removed: proposal.lostCount, record",
    APPROVALS,
  ),
];
