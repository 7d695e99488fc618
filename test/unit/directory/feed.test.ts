/** A feed tells everybody who follows a tenant what changed, and asks the tenant once for all of them. */
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createFeed, type FeedSource } from "../../../src/directory/feed.ts";
import type { Feed, FeedAnswer, FeedPlace } from "../../../src/directory/types.ts";
import type { DirectoryObject, Source } from "../../../src/recipients/model.ts";
import { createFakeClock, type FakeClock } from "../../support/clock.ts";

const ALL = { users: true, groups: true, contacts: true };
const USERS = { users: true, groups: false, contacts: false };
const signal = new AbortController().signal;
const FRESH_MS = 60_000;

/** A tenant whose links are places in a list of changes. */
function createTenant() {
  const changes: { readonly id: string; readonly source: Source }[] = [];
  const asked: string[] = [];
  let forgotten = 0;
  const source: FeedSource = {
    async followFromNow(from) {
      asked.push(`begin ${from}`);
      return `${from}:${changes.length}`;
    },
    async changedSince(from, link) {
      asked.push(`since ${from}`);
      const place = Number(link.split(":")[1]);
      if (place < forgotten) return { kind: "lost" };
      const ids = changes.slice(place).flatMap((change) => (change.source === from ? [change.id] : []));
      return { kind: "changed", ids: new Set(ids), link: `${from}:${changes.length}` };
    },
    async confirm(objects) {
      if (objects.length > 0) asked.push("confirm");
      return new Map(
        objects.map(({ id, source: of }) => [
          id,
          id.startsWith("gone") ? "gone" : ({ id, source: of, mail: `${id}@x.test`, proxyAddresses: [] } as const),
        ]),
      );
    },
  };
  return {
    source,
    asked,
    change: (id: string, from: Source = "users") => void changes.push({ id, source: from }),
    forget() {
      forgotten = Number.POSITIVE_INFINITY;
    },
  };
}

let clock: FakeClock;
let tenant: ReturnType<typeof createTenant>;
let feed: Feed;
beforeEach(() => {
  clock = createFakeClock();
  tenant = createTenant();
  feed = createFeed(tenant.source, clock);
});

const idsOf = (answer: FeedAnswer): string[] =>
  answer.kind === "lost" ? ["lost"] : answer.objects.map(({ id }: DirectoryObject) => id).sort();
const placeOf = (answer: FeedAnswer): FeedPlace => {
  if (answer.kind === "lost") throw new Error("lost");
  return answer.place;
};

describe("A feed", () => {
  it("begins with one request for each source, for all who begin", async () => {
    await Promise.all([feed.begin(ALL, signal), feed.begin(ALL, signal), feed.begin(USERS, signal)]);
    expect(tenant.asked).toEqual(["begin users", "begin groups", "begin contacts"]);
  });

  it("tells what changed since a place, read by id, without what is gone", async () => {
    const place = await feed.begin(ALL, signal);
    tenant.change("a");
    tenant.change("b", "groups");
    tenant.change("gone-1");
    await clock.advance(FRESH_MS);
    expect(idsOf(await feed.since(place, ALL, FRESH_MS, signal))).toEqual(["a", "b"]);
  });

  it("asks three requests a round, and no more where nothing changed, however many follow", async () => {
    const place = await feed.begin(ALL, signal);
    tenant.asked.length = 0;
    await clock.advance(FRESH_MS);
    const answers = await Promise.all(Array.from({ length: 20 }, () => feed.since(place, ALL, FRESH_MS, signal)));
    expect(answers.map(idsOf)).toEqual(answers.map(() => []));
    expect(tenant.asked).toEqual(["since users", "since groups", "since contacts"]);
  });

  it("tells each what it was not told yet, also who comes late", async () => {
    const early = await feed.begin(ALL, signal);
    const late = early;
    tenant.change("a");
    await clock.advance(FRESH_MS);
    const first = await feed.since(early, ALL, FRESH_MS, signal);
    expect(idsOf(first)).toEqual(["a"]);
    tenant.change("b");
    await clock.advance(FRESH_MS);
    expect(idsOf(await feed.since(placeOf(first), ALL, FRESH_MS, signal))).toEqual(["b"]);
    expect(idsOf(await feed.since(late, ALL, FRESH_MS, signal))).toEqual(["a", "b"]);
  });

  it("goes on from a place that another process kept", async () => {
    const kept = await feed.begin(ALL, signal);
    tenant.change("a");
    const successor = createFeed(tenant.source, clock);
    const answer = await successor.since(kept, ALL, FRESH_MS, signal);
    expect(idsOf(answer)).toEqual(["a"]);
    tenant.change("b");
    await clock.advance(FRESH_MS);
    expect(idsOf(await successor.since(placeOf(answer), ALL, FRESH_MS, signal))).toEqual(["b"]);
  });

  it("is lost where the tenant forgot, and where a source is followed that was not", async () => {
    const users = await feed.begin(USERS, signal);
    expect(idsOf(await feed.since(users, ALL, FRESH_MS, signal))).toEqual(["lost"]);
    const place = await feed.begin(ALL, signal);
    tenant.forget();
    await clock.advance(FRESH_MS);
    expect(idsOf(await feed.since(place, ALL, FRESH_MS, signal))).toEqual(["lost"]);
    expect((await feed.begin(ALL, signal)).links).not.toEqual({});
  });

  it("loses nothing, whoever asks when, over restarts and clocks that jump", async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant("change" as const), id: fc.integer({ min: 0, max: 30 }) }),
        fc.record({ do: fc.constant("ask" as const), who: fc.integer({ min: 0, max: 2 }) }),
        fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 200_000 }) }),
        fc.record({ do: fc.constant("restart" as const) }),
      ),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const time = createFakeClock();
        const world = createTenant();
        let current = createFeed(world.source, time);
        const start = await current.begin(ALL, signal);
        const followers = Array.from({ length: 3 }, () => ({ place: start, owed: new Set<string>() }));
        for (const step of history) {
          if (step.do === "change") {
            world.change(`p${step.id}`);
            for (const { owed } of followers) owed.add(`p${step.id}`);
          } else if (step.do === "wait") await time.advance(step.ms);
          else if (step.do === "restart") current = createFeed(world.source, time);
          else {
            const follower = followers[step.who] as (typeof followers)[number];
            const answer = await current.since(follower.place, ALL, FRESH_MS, signal);
            for (const id of idsOf(answer)) follower.owed.delete(id);
            follower.place = placeOf(answer);
          }
        }
        await time.advance(FRESH_MS);
        for (const { place, owed } of followers) {
          const told = idsOf(await current.since(place, ALL, 0, signal));
          expect([...owed].filter((id) => !told.includes(id))).toEqual([]);
        }
      }),
    );
  });
});
