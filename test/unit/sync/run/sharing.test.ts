/** Which O365Syncs share one read of their tenant, and how old it may be. */
import { describe, expect, it } from "vitest";
import type { O365Sync } from "../../../../src/api/types.generated.ts";
import type { Cause, Run } from "../../../../src/publication/run-records.ts";
import type { Access } from "../../../../src/sync/access/connection.ts";
import { sharingOf } from "../../../../src/sync/run/sharing.ts";

const NOW = Date.UTC(2026, 0, 1, 6, 5);
const SECRET = {
  clientId: "11111111-2222-4333-8444-555555555555",
  clientSecretRef: { name: "o365", key: "clientSecret" },
};

const sync = (uid: string, spec: Partial<O365Sync["spec"]> = {}, namespace = "mail"): O365Sync =>
  ({
    metadata: { uid, name: uid, namespace },
    spec: { tenantId: "t", cloud: "Global", credentials: SECRET, ...spec },
  }) as O365Sync;

const RUN = { id: "r", startTime: new Date(NOW).toISOString(), attempts: 1 };
const INITIAL: Cause = { trigger: "Initial" };
const access = { version: "uid/7" } as Access;
const sharing = (
  other: O365Sync,
  cause: Cause & Partial<Pick<Run, "attempts">> = INITIAL,
  object = sync("a"),
  queuedAt?: number,
) => sharingOf({ object, access, run: { ...RUN, ...cause }, syncs: [object, other], queuedAt, now: NOW });

describe("An O365Sync shares", () => {
  it.each<[what: string, shares: boolean, other: O365Sync, object?: O365Sync]>([
    ["with another one of its Secret and tenant", true, sync("b")],
    ["with nobody when it is alone", false, sync("a")],
    ["not with another tenant", false, sync("b", { tenantId: "u" })],
    [
      "not with another Secret",
      false,
      sync("b", { credentials: { ...SECRET, clientSecretRef: { name: "x", key: "k" } } }),
    ],
    ["not with a Secret of that name in another namespace", false, sync("b", {}, "other")],
    ["the installation's own app with other namespaces", true, noCredentials("b", "other"), noCredentials("a", "mail")],
  ])("%s", (_, shares, other, object) => {
    expect(sharing(other, INITIAL, object) !== undefined).toBe(shares);
  });

  it("under the version of its Secret", () => {
    expect(sharing(sync("b"))?.key).toBe("uid/7");
  });

  it("a read since it began to wait for its turn, for a first run", () => {
    expect(sharing(sync("b"), INITIAL, sync("a"), NOW - 600_000)?.notBefore).toBe(NOW - 600_000);
    expect(sharing(sync("b"), { trigger: "Manual", request: "sync" }, sync("a"), NOW - 600_000)?.notBefore).toBe(NOW);
  });

  it.each<[what: string, made: number, trigger: "Initial" | "SpecChange", notBefore: number]>([
    ["since it was made, for a first run", NOW - 90_000, "Initial", NOW - 90_000],
    ["of the last minute however new it is", NOW - 5_000, "Initial", NOW - 60_000],
    ["of the last five minutes however long it waited", NOW - 86_400_000, "Initial", NOW - 300_000],
    ["of the last minute for a new spec", NOW - 90_000, "SpecChange", NOW - 60_000],
  ])("a read %s", (_, made, trigger, notBefore) => {
    const { metadata, spec } = sync("a");
    const object = { metadata: { ...metadata, creationTimestamp: new Date(made).toISOString() }, spec } as O365Sync;
    expect(sharing(sync("b"), { trigger }, object)?.notBefore).toBe(notBefore);
  });

  it.each<[what: string, run: Parameters<typeof sharing>[1], notBefore: number]>([
    ["of the last minute for a first run", INITIAL, NOW - 60_000],
    ["since its instant for a slot", { trigger: "Schedule", slotTime: "2026-01-01T06:00:00Z" }, NOW - 300_000],
    [
      "that begins now for a slot that failed",
      { trigger: "Schedule", slotTime: "2026-01-01T06:00:00Z", attempts: 2 },
      NOW,
    ],
    ["that begins now for what a person asked for", { trigger: "Manual", request: "sync", token: "1" }, NOW],
  ])("a read %s", (_, run, notBefore) => {
    expect(sharing(sync("b"), run)?.notBefore).toBe(notBefore);
  });
});

function noCredentials(uid: string, namespace: string): O365Sync {
  const { credentials: _, ...spec } = sync(uid).spec;
  return { ...sync(uid, {}, namespace), spec };
}
