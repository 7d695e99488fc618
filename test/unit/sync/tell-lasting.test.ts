/**
 * What lasts is told once, whatever the status says already: a process that wrote the status and died, or never had the answer
 * to its write, told nobody (a mail that was put off, seen under load).
 */
import { beforeEach, expect, it } from "vitest";
import type { O365Sync, O365SyncStatus } from "../../../src/api/types.generated.ts";
import { Failure } from "../../../src/base/failure.ts";
import { createMemory, type Remembered } from "../../../src/sync/memory.ts";
import type { Outcome } from "../../../src/sync/outcome.ts";
import type { SyncServices } from "../../../src/sync/services.ts";
import { tellLasting } from "../../../src/sync/tell-lasting.ts";
import { createFakeClock } from "../../support/clock.ts";

const NOW = Date.UTC(2026, 10, 30, 12);

let told: string[];
let memory: Remembered;
/** Whether this look asked the tenant. */
const now = { polls: true };
let spec: O365Sync["spec"];
function restart(): void {
  memory = createMemory().of("mail/example-com");
}
beforeEach(() => {
  now.polls = true;
  spec = {
    notifications: { enabled: true },
    schedule: { enabled: true, additions: { enabled: true } },
    suspend: false,
  } as unknown as O365Sync["spec"];
  restart();
});

function look(status: Partial<O365SyncStatus>, obstacle?: Failure): string[] {
  told = [];
  const services = {
    events: {
      event: (_: unknown, { reason, note }: { reason: string; note: string }) => void told.push(`${reason}: ${note}`),
    },
    maps: { known: () => [] },
    deps: { clock: createFakeClock(NOW) },
  } as unknown as SyncServices;
  const outcome = { view: { standing: { manifest: {} }, obstacle }, ...(now.polls && { polled: {} }) };
  const object = { metadata: { name: "example-com" }, spec, status };
  tellLasting(services, outcome as unknown as Outcome, object, memory);
  return told;
}

const mail = (result: string, message: string, owed = ["slot-1"]): Partial<O365SyncStatus> =>
  ({
    notifications: { last: { id: "slot-1", result, message, time: "" }, pending: owed.map((id) => ({ id })) },
  }) as unknown as Partial<O365SyncStatus>;
const additions = (state: string, message: string): Partial<O365SyncStatus> =>
  ({ additions: { state, message } }) as unknown as Partial<O365SyncStatus>;
const obstacle = (note: string): Failure => new Failure("stalled", "Forbidden", note);

it.each<[what: string, status: Partial<O365SyncStatus>, obstacle: Failure | undefined, said: string]>([
  ["a mail that was put off", mail("Deferred", "535 wrong"), undefined, "NotificationDeferred: 535 wrong"],
  ["additions that are behind", additions("Behind", "since 10:00"), undefined, "AdditionsBehind: since 10:00"],
  ["an obstacle", {}, obstacle("cannot get secrets"), "Forbidden: cannot get secrets"],
])("tells %s that stood in the status before this process did, once", (_, status, inTheWay, said) => {
  expect(look(status, inTheWay)).toEqual([said]);
  expect(look(status, inTheWay)).toEqual([]);
  restart();
  expect(look(status, inTheWay)).toEqual([said]);
});

/** Found by a stranger: what another process knew was told after a restart, true or not. */
it.each<[what: string, status: Partial<O365SyncStatus>, setUp?: () => void]>([
  ["a mail that went out", mail("Sent", "sent")],
  ["a mail that failed for good, before the server was named", mail("Failed", "there is no SMTP server", [])],
  [
    "a mail that nobody wants any more",
    mail("Deferred", "535 wrong"),
    () => Object.assign(spec, { notifications: {} }),
  ],
  ["additions that are current", additions("Current", "every 5 minutes")],
  [
    "additions that this process has not asked for yet",
    additions("Behind", "since 10:00"),
    () => Object.assign(now, { polls: false }),
  ],
  ["additions of a suspended object", additions("Behind", "since 10:00"), () => Object.assign(spec, { suspend: true })],
  ["nothing", {}],
])("does not tell %s", (_, status, setUp) => {
  setUp?.();
  expect(look(status)).toEqual([]);
});

it("tells another cause of a mail, and the same state of additions no second time in other words", () => {
  look(mail("Deferred", "535 wrong"));
  expect(look(mail("Deferred", "421 closing"))).toEqual(["NotificationDeferred: 421 closing"]);
  look(additions("Behind", "since 10:00"));
  now.polls = false;
  expect(look(additions("Behind", "since 10:00"))).toEqual([]);
  now.polls = true;
  expect(look(additions("Behind", "since 10:00, 2 tries"))).toEqual([]);
});

it("tells again what was over in between", () => {
  look(additions("Limited", "too many"));
  look(additions("Current", "every 5 minutes"));
  expect(look(additions("Limited", "too many"))).toEqual(["AdditionsLimited: too many"]);
});

it("tells it anew of an object that was deleted and made again before anybody looked", () => {
  const memories = createMemory();
  memory = memories.of("mail/example-com", "uid-1");
  look({}, obstacle("cannot get secrets"));
  memory = memories.of("mail/example-com", "uid-1");
  expect(look({}, obstacle("cannot get secrets"))).toEqual([]);
  memory = memories.of("mail/example-com", "uid-2");
  expect(look({}, obstacle("cannot get secrets"))).toEqual(["Forbidden: cannot get secrets"]);
});
