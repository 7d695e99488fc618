/**
 * What lasts is told once, whatever the status says already: a process that wrote the status and died, or never had the answer
 * to its write, told nobody (a mail that was put off, seen under load).
 */
import { beforeEach, expect, it } from "vitest";
import type { O365Sync, O365SyncStatus } from "../../../src/api/types.generated.ts";
import { Failure } from "../../../src/base/failure.ts";
import type { View } from "../../../src/sync/gather.ts";
import { createMemory, type Remembered } from "../../../src/sync/memory.ts";
import type { SyncServices } from "../../../src/sync/services.ts";
import { tellLasting } from "../../../src/sync/tell-lasting.ts";
import { createFakeClock } from "../../support/clock.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const iso = (ms: number): string => new Date(ms).toISOString();

let told: string[];
let process: Remembered;
function restart(): void {
  process = createMemory().of("mail/example-com");
}
let enabled: boolean;
beforeEach(() => {
  told = [];
  enabled = true;
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
  const view = { standing: { manifest: {} }, obstacle } as unknown as View;
  const spec = { notifications: { enabled } };
  tellLasting(services, view, { metadata: { name: "example-com" }, spec, status } as unknown as O365Sync, process);
  return told;
}

const mail = (result: string, message: string, time = NOW): Partial<O365SyncStatus> =>
  ({ notifications: { last: { id: "slot-1", result, message, time: iso(time) } } }) as Partial<O365SyncStatus>;
const additions = (state: string, message: string): Partial<O365SyncStatus> =>
  ({ additions: { state, message } }) as unknown as Partial<O365SyncStatus>;
const obstacle = (note: string): Failure => new Failure("stalled", "Forbidden", note);

it.each<[what: string, status: Partial<O365SyncStatus>, obstacle: Failure | undefined, said: string]>([
  ["a mail that was put off", mail("Deferred", "535 wrong"), undefined, "NotificationDeferred: 535 wrong"],
  ["a mail that was refused", mail("Failed", "554 no"), undefined, "NotificationFailed: 554 no"],
  ["additions that are behind", additions("Behind", "since 10:00"), undefined, "AdditionsBehind: since 10:00"],
  ["an obstacle", {}, obstacle("cannot get secrets"), "Forbidden: cannot get secrets"],
])("tells %s that stood in the status before this process did, once", (_, status, inTheWay, said) => {
  expect(look(status, inTheWay)).toEqual([said]);
  expect(look(status, inTheWay)).toEqual([]);
  restart();
  expect(look(status, inTheWay)).toEqual([said]);
});

it.each<[what: string, status: Partial<O365SyncStatus>]>([
  ["a mail that went out", mail("Sent", "sent")],
  ["a mail that failed more than a day ago", mail("Failed", "554 no", NOW - 25 * 3_600_000)],
  ["additions that are current", additions("Current", "every 5 minutes")],
  ["nothing", {}],
])("does not tell %s", (_, status) => {
  expect(look(status)).toEqual([]);
});

it("does not tell of mails that nobody wants any more", () => {
  enabled = false;
  expect(look(mail("Deferred", "535 wrong"))).toEqual([]);
});

it("tells another cause of a mail, and the same state of additions no second time in other words", () => {
  look(mail("Deferred", "535 wrong"));
  expect(look(mail("Deferred", "421 closing"))).toEqual(["NotificationDeferred: 421 closing"]);
  look(additions("Behind", "since 10:00"));
  expect(look(additions("Behind", "since 10:00, 2 tries"))).toEqual([]);
});

it("tells again what was over in between", () => {
  look(additions("Limited", "too many"));
  look(additions("Current", "every 5 minutes"));
  expect(look(additions("Limited", "too many"))).toEqual(["AdditionsLimited: too many"]);
});
