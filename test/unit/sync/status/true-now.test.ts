/** What conditions say holds now, and a question that nobody hears is told where people look (issues 17 and 25). */
import { describe, expect, it } from "vitest";
import type { O365SyncStatus } from "../../../../src/api/types.generated.ts";
import { EMPTY_MANIFEST } from "../../../../src/publication/manifest.ts";
import { decide } from "../../../../src/sync/decide/decide.ts";
import { type Facts, settle } from "../../../../src/sync/status/conditions.ts";
import { AUTHORIZED } from "../../../../src/sync/status/messages.ts";
import {
  at,
  brief,
  HOUR,
  NO_FACTS,
  NOON,
  OBSTACLE,
  OFF,
  type Row,
  RUNNING,
  situationOf,
} from "../../../support/situations.ts";

const NOTHING: Facts = { ...NO_FACTS, now: NOON, access: { end: undefined } };
const LIST: NonNullable<Facts["published"]> = {
  ...EMPTY_MANIFEST,
  revision: "sha256:0",
  time: at(NOON - HOUR),
  counts: { accounts: 1, distributionLists: 0, aliases: 0, addresses: 3 },
  output: { shards: 1, formats: ["postfix"] },
  retiring: [],
  layouts: [],
} as never;
const NEW: Partial<O365SyncStatus> = { lastSync: undefined, lastSuccessfulTime: undefined } as never;

const settled = (row: Row, facts: Partial<Facts>): O365SyncStatus => {
  const { object } = situationOf(row);
  return settle(object, object.status ?? {}, { ...NOTHING, ...facts });
};
const condition = ({ conditions }: O365SyncStatus, type: string) => conditions?.find((each) => each.type === type);
const authorized = (status: "True" | "False" | "Unknown", reason: string): Partial<O365SyncStatus> => ({
  conditions: [{ type: "Authorized", status, reason, message: AUTHORIZED, lastTransitionTime: at(NOON) }],
});

const TEST =
  "kubectl -n mail annotate o365syncs.o365sync.dev/example-com o365sync.dev/test-connection=$(date +%s) --overwrite";
const SYNC = "kubectl -n mail annotate o365syncs.o365sync.dev/example-com o365sync.dev/sync=$(date +%s) --overwrite";

describe("An object that has not synced", () => {
  it.each<[what: string, facts: Partial<Facts>, row: Row, message: string]>([
    [
      "has nothing, and says how to",
      {},
      { spec: OFF },
      `automatic sync is off, and nothing was synced yet; to test the connection: ${TEST}; to sync: ${SYNC}`,
    ],
    [
      "and finds the list of the one before it says so",
      { published: LIST },
      { spec: OFF },
      `automatic sync is off, and this object has not synced yet: the list of 2026-01-01 11:00:00 UTC stands meanwhile; to test the connection: ${TEST}; to sync: ${SYNC}`,
    ],
    [
      "and finds the list of another name says so",
      { predecessor: "old" },
      { spec: OFF },
      `automatic sync is off, and this object has not synced yet: the list of the O365Sync old stands meanwhile; to test the connection: ${TEST}; to sync: ${SYNC}`,
    ],
    [
      "and is suspended",
      { published: LIST },
      { spec: { suspend: true } },
      "suspended; this object has not synced yet: the list of 2026-01-01 11:00:00 UTC stands meanwhile; set spec.suspend to false",
    ],
    [
      "and was asked by an annotation that nobody knows names it",
      {},
      { spec: OFF, annotations: { snyc: "1" } },
      `nobody knows the annotation o365sync.dev/snyc; what can be asked for: o365sync.dev/test-connection, o365sync.dev/test-sync, o365sync.dev/approve, o365sync.dev/sync; automatic sync is off, and nothing was synced yet; to test the connection: ${TEST}; to sync: ${SYNC}`,
    ],
  ])("%s", (_, facts, row, message) => {
    expect(condition(settled({ ...row, status: NEW }, facts), "Ready")).toMatchObject({
      reason: "AwaitingFirstSync",
      message,
    });
  });
});

describe("Authorized", () => {
  it.each<[what: string, before: Partial<O365SyncStatus>, facts: Partial<Facts>, status: string]>([
    ["is what the tenant answered last", authorized("True", "Authorized"), {}, "True/Authorized"],
    [
      "claims nothing without a credential",
      authorized("True", "Authorized"),
      { access: undefined },
      "Unknown/NoCredential",
    ],
    [
      "blames no credential that is gone",
      authorized("False", "InvalidCredentials"),
      { access: undefined },
      "Unknown/NoCredential",
    ],
    ["waits for a try when one is there again", authorized("Unknown", "NoCredential"), {}, "Unknown/NotTried"],
    [
      "is what was answered to it",
      authorized("Unknown", "NotTried"),
      { authorized: { status: "True", reason: "Authorized", message: AUTHORIZED } },
      "True/Authorized",
    ],
    ["is not there before anybody asked", {}, { access: undefined }, "undefined/undefined"],
  ])("%s", (_, before, facts, expected) => {
    const found = condition(settled({ status: before }, facts), "Authorized");
    expect(`${found?.status}/${found?.reason}`).toBe(expected);
  });

  it.each(["NoCredential", "NotTried"])("that is not known (%s) is asked for as soon as it can be", (reason) => {
    const status = authorized("Unknown", reason);
    expect(brief(decide(situationOf({ spec: OFF, status })))).toBe("recheck");
  });
});

describe("Published", () => {
  it.each<[what: string, facts: Partial<Facts>, said: string]>([
    ["is True while the whole list stands", { published: LIST }, "True/Published a complete list is published: "],
    [
      "is False while a table of it is gone, whatever keeps it from being made again",
      { published: LIST, obstacle: OBSTACLE, missingTables: ["example-com-recipients-2-1"] },
      "False/TablesMissing of the published list a ConfigMap is missing: example-com-recipients-2-1; ",
    ],
    [
      "names some of many that are gone",
      { published: LIST, missingTables: ["a", "b", "c", "d", "e"] },
      "False/TablesMissing of the published list 5 ConfigMaps are missing: a, b, c and 2 more; ",
    ],
  ])("%s (point 14)", (_, facts, said) => {
    const found = condition(settled({}, facts), "Published");
    expect(`${found?.status}/${found?.reason} ${found?.message}`).toContain(said);
  });
});

describe("A first sync that is under way", () => {
  it.each([{ spec: OFF }, {}])("is told as such, with automatic sync or without (point 15): %o", (row) => {
    const { object } = situationOf({ ...row, status: { ...NEW, lastSync: RUNNING } });
    const status = settle(object, object.status ?? {}, NOTHING);
    const ready = condition(status, "Ready");
    expect(`${ready?.status}/${ready?.reason}`).toBe("Unknown/Progressing");
    expect(condition(status, "Reconciling")?.status).toBe("True");
  });
});

describe("What is missing", () => {
  it("is looked for again, and Ready says when; a question that met it is to be asked again", () => {
    const ready = condition(settled({}, { obstacle: OBSTACLE }), "Ready");
    expect(ready?.message).toBe("the Secret is missing; it is looked for again within a minute");
    const decision = decide(situationOf({ annotations: { sync: "1" }, situation: { obstacle: OBSTACLE } }));
    expect(decision).toMatchObject({
      do: "answer",
      answers: [{ message: "the Secret is missing; then ask again, with a new value of the annotation" }],
    });
  });
});
