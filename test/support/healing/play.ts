/** Plays rows of the table: breaks, reads what is said, cures the cause and nothing else, and waits as long as was promised. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startCatcher } from "../../../dev/smtp/index.ts";
import type { O365SyncStatus } from "../../../src/api/types.generated.ts";
import { findCondition } from "../../../src/runtime/condition-list.ts";
import type { Condition, KubeEvent } from "../../../src/runtime/kube.ts";
import type { ProvidedControlPlane } from "../global-setup.ts";
import { untilIdle } from "../idle.ts";
import type { Obstacles } from "../obstacles.ts";
import { createRandom } from "../random.ts";
import { createShiftClock, type ShiftClock } from "../shift-clock.ts";
import { brief, createWorld, type World } from "../world.ts";
import { LOGIN } from "./login.ts";
import { isIntact } from "./look.ts";
import type { Promised, Row, Stage } from "./row.ts";

const MINUTE_MS = 60_000;
const PROMISES_MS: Readonly<Record<Promised, number>> = {
  "at once": 0,
  "1 minute": MINUTE_MS,
  "5 minutes": 5 * MINUTE_MS,
  "10 minutes": 10 * MINUTE_MS,
  "1 hour": 60 * MINUTE_MS,
  "the next slot": 6 * 60 * MINUTE_MS,
  "the pause asked for": 20 * MINUTE_MS,
};
/** Long enough for whatever has to be told. */
const TOLD_MS = 11 * MINUTE_MS;
/** How much time passes between two looks, at most. */
const STEP_MS = MINUTE_MS;
const LONG_STEP_MS = 10 * MINUTE_MS;
/** A promise is not broken by the time that a test took from the watches. */
const LONGEST_OVERSHOOT_MS = MINUTE_MS;
/** Two runs at most for what is done, and retries whose pauses double: no obstacle makes the operator ask at full speed. */
const MOST_READS = 16;
/** What a busy machine may take for what is due at once. */
const PATIENCE_MS = 20_000;
const LOOK_MS = 20;

export const WELL = ["Ready=True/Succeeded", "Authorized=True/Authorized", "Published=True/Published"];
export const SCHEDULE = { enabled: true, timesPerDay: 4, startingDeadlineSeconds: 7200, timeZone: "UTC" };

export interface Place {
  readonly controlPlane: ProvidedControlPlane;
  readonly obstacles: Obstacles;
}

export interface Open {
  readonly stage: Stage;
  /** Looks at the gateway once more. */
  close(): Promise<void>;
  /** Where what a gateway sees is not the point any more. */
  abandon(): Promise<void>;
}

/** An operator of its own in a fresh namespace, and nothing installed. */
export async function openStage({ controlPlane, obstacles }: Place, flags: Row["flags"] = []): Promise<Open> {
  const clock = createShiftClock({ hurried: true });
  const folder = await mkdtemp(join(tmpdir(), "o365-sync-row-"));
  const more = typeof flags === "function" ? flags(folder) : flags;
  const login = more.some((flag) => flag.startsWith("--smtp-username=")) ? { login: LOGIN } : {};
  const mail = await startCatcher(login);
  const identity = await obstacles.identity(folder);
  const world = await createWorld({
    controlPlane,
    kubeconfig: identity.kubeconfig,
    deps: { clock, random: createRandom(1) },
    flags: ["--smtp-host=127.0.0.1", `--smtp-port=${mail.port}`, "--smtp-from=sync@example.com", ...more],
  });
  const pass = (minutes: number): Promise<void> => passing(clock, minutes * MINUTE_MS, () => Promise.resolve(false), 0);
  const clear = async (): Promise<void> => {
    await mail.close();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    stage: { world, clock, obstacles, identity, mail, folder, pass, slot: () => nextSlot(world, clock) },
    async close() {
      await world.close();
      await clear();
    },
    async abandon() {
      await world.stopOperator();
      await world.tenant.close();
      await clear();
    },
  };
}

export async function play(place: Place, row: Row): Promise<void> {
  const { stage, close, abandon } = await openStage(place, row.flags);
  try {
    await act(stage, row);
  } catch (error) {
    await abandon();
    throw error;
  }
  await close();
}

async function act(stage: Stage, row: Row): Promise<void> {
  const { world, clock } = stage;
  const begin = clock.monotonic();
  const spec = { ...row.spec, schedule: { ...SCHEDULE, ...row.spec?.schedule } };
  const install = () => world.install(spec, row.domain);
  if (!row.first) {
    await install();
    await whole(world);
  }
  const cure = await row.play(stage);
  if (row.first) await install();
  await told(stage, row);
  if (row.harmless && !(await isWell(world))) throw new Error(`it does harm: ${await describeAll(world)}`);
  await cure();
  const limit = promisedMs(row);
  const isHealed = async (): Promise<boolean> =>
    (await isWell(world)) && (await isIntact(stage)) && ((await row.proof?.(stage)) ?? true);
  await passing(clock, limit, isHealed);
  if (!(await isHealed())) throw new Error(`${row.after} after the cure: ${await describeAll(world)}`);
  const hours = (clock.monotonic() - begin) / (60 * MINUTE_MS);
  const asked = readsOf(world);
  if (asked > MOST_READS + hours) throw new Error(`the tenant was read ${asked} times in ${hours.toFixed(1)} hours`);
}

export const promisedMs = ({ after }: Row): number => PROMISES_MS[after];

/** A page that fails in a way that may pass is asked for so often by one read. */
const TRIES_OF_A_PAGE = 4;

/** How often all of the tenant was begun to be read. */
export function readsOf({ tenant }: World): number {
  const firstPages = tenant.requests.filter(
    ({ kind, path }) => kind === "users" && !path.includes("$skiptoken") && !path.includes("$top=1&"),
  );
  const failed = firstPages.filter(({ status }) => status >= 400).length;
  return firstPages.length - failed + Math.ceil(failed / TRIES_OF_A_PAGE);
}

/** Waits until both objects are as they should. */
export async function whole(world: World): Promise<void> {
  await world.until(() => allConditions(world), isWellSaid);
}

async function allConditions(world: World) {
  const [sync, domain] = await Promise.all([
    world.sync().then(
      ({ metadata, status }) => current(metadata, status),
      () => [],
    ),
    world.domain().then(
      ({ metadata, status }) => current(metadata, status),
      () => [],
    ),
  ]);
  return { sync, domain };
}

export async function describeAll(world: World): Promise<string> {
  const conditions = [
    ...((await world.sync()).status?.conditions ?? []),
    ...((await world.domain()).status?.conditions ?? []),
  ];
  const { schedule, lastSync, retry } = (await world.sync()).status ?? {};
  return (
    `${JSON.stringify({ schedule, lastSync, retry })}\n` +
    conditions.map(({ type, status, reason, message }) => `${type}=${status}/${reason}: ${message}`).join("\n")
  );
}

/** Nothing that is said of an older generation counts. */
const current = (
  { generation }: { readonly generation?: number },
  status: Pick<O365SyncStatus, "conditions" | "observedGeneration"> | undefined,
): string[] => (status?.observedGeneration === generation ? brief(status?.conditions) : []);

const isWellSaid = ({ sync, domain }: { sync: string[]; domain: string[] }): boolean =>
  sync.join() === WELL.join() && domain.join() === "Ready=True/Routed";
export const isWell = async (world: World): Promise<boolean> => isWellSaid(await allConditions(world));

/** Lets time pass until `is`, and no more than `limit`; then only the machine is waited for. */
export async function passing(
  clock: ShiftClock,
  limit: number,
  is: () => Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const end = clock.monotonic() + limit;
  // What is noticed within half a minute is not to be noticed behind a slot that lies near.
  const soon = clock.monotonic() + 2 * STEP_MS;
  for (;;) {
    await untilIdle();
    if (await is()) return;
    // While it was asked, somebody may have begun something.
    await untilIdle();
    const left = end - clock.monotonic();
    // Time that passes at once breaks every watch; it is open again before more passes, and at the end.
    const wake = left > -LONGEST_OVERSHOOT_MS ? clock.nextWake() : undefined;
    if (left <= 0 && wake === undefined) break;
    const step = limit > 60 * MINUTE_MS && clock.monotonic() >= soon ? LONG_STEP_MS : STEP_MS;
    clock.shift(Math.min(step, wake ?? left));
  }
  const deadline = performance.now() + patienceMs;
  while (!(await is()) && performance.now() < deadline) await pause(LOOK_MS);
}

async function told(stage: Stage, row: Row): Promise<void> {
  const { world, clock } = stage;
  let last: unknown;
  let isTold = false;
  const isEvent = row.says.startsWith("event:");
  await passing(clock, TOLD_MS, async () => {
    last = isEvent ? await world.events() : await conditionsOf(world, row);
    isTold = isEvent ? saidInEvents(last, row) : said(last as Condition[], row);
    return isTold;
  });
  if (!isTold)
    throw new Error(
      `${row.says} (${row.words}) is not told; there is\n${await describeAll(world)}\n${
        isEvent
          ? JSON.stringify(
              (last as KubeEvent[]).map(({ reason, note }) => [reason, note]),
              null,
              1,
            )
          : ""
      }`,
    );
}

const conditionsOf = async (world: World, { of = "O365Sync" }: Row): Promise<readonly Condition[]> =>
  (await (of === "O365Sync" ? world.sync() : world.domain())).status?.conditions ?? [];

function said(conditions: readonly Condition[], { says, words, stalled = false }: Row): boolean {
  const [, type = "Ready", status = "False", reason = says] = /^(\w+)=(\w+)\/(\w+)$/.exec(says) ?? [];
  const found = findCondition(conditions, type);
  const isStalled = findCondition(conditions, "Stalled") !== undefined;
  return found?.status === status && found.reason === reason && found.message.includes(words) && isStalled === stalled;
}

function saidInEvents(events: unknown, { says, words }: Row): boolean {
  const reason = says.slice("event:".length);
  return (events as { reason?: string; note?: string }[]).some(
    (event) => event.reason === reason && event.note?.includes(words),
  );
}

async function nextSlot(world: World, clock: ShiftClock): Promise<void> {
  const { status } = await world.sync();
  clock.shift(Math.max(0, Date.parse(status?.schedule?.nextTime ?? "") - clock.now()) + 1000);
}
