/**
 * The story of a fault in the tenant: the next slot comes, the run ends as foretold, the list stays, the description
 * tells cause, next step and next try; what was wrong is put right, and at that very try all is well.
 */
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { createRandom } from "../random.ts";
import { createShiftClock } from "../shift-clock.ts";
import { brief, createWorld, type World, type WorldOptions } from "../world.ts";
import { describeSync } from "./describe.ts";
import { fileOf, TENANT_GOLDEN } from "./golden.ts";
import type { TenantFault } from "./tenant-fault.ts";

/** What must stand in no condition, event or status: secrets, tokens, addresses. */
const NEVER = /a-secret-of-the|eyJ|Bearer|client_assertion|[a-z0-9]@example\.(com|net)/i;

function conditionsAfter(outcome: TenantFault["outcome"]): string[] {
  if (outcome === "done") return ["Ready=True/Succeeded", "Published=True/Published"];
  if ("held" in outcome)
    return ["Ready=False/Held", `Held=True/${outcome.held}`, "Published=True/Published", "Stalled=True/Held"];
  const { failed, stalled } = outcome;
  const next = stalled === true ? `Stalled=True/${failed}` : "Reconciling=True/ProgressingWithRetry";
  return [`Ready=False/${failed}`, "Published=True/Published", next];
}

/** What Ready says of a run that failed: what became of the list, and when the next try is. */
function promises(outcome: TenantFault["outcome"], retryTime: string | undefined): string[] {
  if (outcome === "done" || "held" in outcome) return [];
  return ["the published list stays as it is", `next try at ${readable(retryTime)}`];
}

/** A message names times as people read them. */
const readable = (time = ""): string => time.slice(0, 19).replace("T", " ");

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

/** One world; its faults come one after the other, each in a slot of its own. */
export function tellFaults(faults: readonly TenantFault[], options: Pick<WorldOptions, "tenantTimeoutMs"> = {}): void {
  const clock = createShiftClock({ hurried: true });
  let world: World;
  beforeAll(async () => {
    world = await createWorld({
      deps: { clock, random: createRandom(3) },
      largestPage: 100,
      ...options,
    });
    await world.install({
      schedule: { enabled: true, times: ["00:00", "06:00", "12:00", "18:00"], startingDeadlineSeconds: 21_600 },
    });
    await settled((sync) => sync.status?.lastSync?.result === "Published");
    // From here on slots are six hours apart: whatever the time of day, no token of a slot is still good in the next.
    await nextSlot();
  });
  afterAll(() => world.close());

  const settled = (is: (sync: O365Sync) => boolean): Promise<O365Sync> => world.until(() => world.sync(), is);
  const ended = ({ status }: O365Sync, attempts: number, slot = ""): boolean =>
    status?.lastSync?.slotTime === slot &&
    status.lastSync.attempts === attempts &&
    status.lastSync.result !== undefined;

  /** Sets the clock to an instant of the operator's, and a little beyond. */
  const goTo = (time = ""): void => clock.shift(Date.parse(time) - clock.now() + 1);

  /** Lets the next slot come, and answers how its first attempt ended. */
  async function nextSlot(): Promise<O365Sync> {
    const { status: before } = await settled(
      ({ status }) => Date.parse(status?.schedule?.nextTime ?? "") > clock.now(),
    );
    const slot = before?.schedule?.nextTime;
    goTo(slot);
    return settled((sync) => ended(sync, 1, slot));
  }

  async function toldSince(start: number, note: string | undefined) {
    const recent = async () => (await world.events()).filter(({ eventTime }) => Date.parse(eventTime) >= start);
    const events = await world.until(
      recent,
      (events) => note === undefined || events.some((event) => event.note.startsWith(note)),
    );
    return events.filter(({ type }) => type === "Warning");
  }

  it.each(faults)("$name", async (fault) => {
    const { outcome, says } = fault;
    world.gateway.expectAlways(world.gateway.accepted());
    const start = clock.now();
    const repair = once(fault.arrange(world.tenant, clock));
    onTestFinished(repair);
    const sync = await nextSlot();
    const { lastSync, retry, conditions = [] } = sync.status ?? {};
    const told = await toldSince(start, outcome === "done" ? undefined : lastSync?.message?.split(/[(;:]/)[0]);
    const description = describeSync(world, sync, told);
    await expect(description).toMatchFileSnapshot(`${TENANT_GOLDEN}${fileOf(fault)}`);
    for (const words of says) expect(description).toContain(words);
    expect(description).not.toMatch(NEVER);
    expect(brief(conditions).filter((line) => !line.startsWith("Authorized"))).toEqual(conditionsAfter(outcome));
    const ready = conditions.find(({ type }) => type === "Ready");
    for (const words of promises(outcome, retry?.time)) expect(ready?.message).toContain(words);
    await world.observe();
    repair();
    if (outcome !== "done" && "failed" in outcome) {
      goTo(retry?.time);
      await settled((found) => ended(found, 2, lastSync?.slotTime));
    } else await nextSlot();
    const { status } = await world.sync();
    expect(brief(status?.conditions)).toEqual([
      "Ready=True/Succeeded",
      "Authorized=True/Authorized",
      "Published=True/Published",
    ]);
    await world.observe();
    world.gateway.release();
  });
}
