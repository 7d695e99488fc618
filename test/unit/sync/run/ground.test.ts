import { describe, expect, it } from "vitest";
import { O365_SYNC } from "../../../../src/api/resources.ts";
import type { MailDomain, O365Sync } from "../../../../src/api/types.generated.ts";
import type { Client } from "../../../../src/runtime/types.ts";
import { GroundGone, lookAgain } from "../../../../src/sync/run/ground.ts";

const sync = (uid: string, more: object = {}): O365Sync =>
  ({
    metadata: { namespace: "mail", name: "a", uid, ...more },
    spec: { domainRef: { name: "a" }, suspend: false },
  }) as unknown as O365Sync;
const domain = (uid: string): MailDomain =>
  ({ metadata: { namespace: "mail", name: "a", uid, generation: 1 }, spec: { domain: "a.test" } }) as MailDomain;

const look = (nowSync: O365Sync, nowDomain: MailDomain): Promise<void> => {
  const client = { get: (type: unknown) => Promise.resolve(type === O365_SYNC ? nowSync : nowDomain) };
  const ground = { object: sync("1"), domain: domain("1") };
  return lookAgain(client as unknown as Client, ground, new AbortController().signal, false);
};

describe("Before its first write a publication", () => {
  it("goes on where nothing has changed", async () => {
    await expect(look(sync("1"), domain("1"))).resolves.toBeUndefined();
  });

  it.each<[what: string, sync: O365Sync, domain: MailDomain, gone: GroundGone["what"]]>([
    ["its O365Sync was made again, word for word", sync("2"), domain("1"), "gone"],
    ["its O365Sync is being deleted", sync("1", { deletionTimestamp: "2026-01-01T00:00:00Z" }), domain("1"), "gone"],
    ["its MailDomain was made again, word for word", sync("1"), domain("2"), "changed"],
  ])("ends where %s", async (_, nowSync, nowDomain, what) => {
    const ended = look(nowSync, nowDomain).catch((error: unknown) => error);
    expect(await ended).toBeInstanceOf(GroundGone);
    expect(await ended).toMatchObject({ what });
  });
});
