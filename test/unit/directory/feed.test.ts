/** A feed tells everybody who follows a tenant what changed, and asks the tenant once for all of them. */
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createFeed } from "../../../src/directory/feed.ts";
import type { FeedSource } from "../../../src/directory/feed-ask.ts";
import { createFeedShelf } from "../../../src/directory/feed-shelf.ts";
import type { Feed, FeedAnswer, FeedPlace } from "../../../src/directory/types.ts";
import type { DirectoryObject, Source } from "../../../src/recipients/model.ts";
import { createFakeClock, type FakeClock } from "../../support/clock.ts";

const ALL = { users: true, groups: true, contacts: true };
const USERS = { users: true, groups: false, contacts: false };
const signal = new AbortController().signal;
const FRESH_MS = 60_000;

/** A tenant whose links are places in a list of changes. */
function createTenant() {
  const changes: { readonly id: string; readonly source: Source; readonly named?: readonly string[] }[] = [];
  let trouble: Error | undefined;
  let answering = (): Promise<void> => Promise.resolve();
  const hidden = new Set<string>();
  const asked: string[] = [];
  let forgotten = 0;
  const source: FeedSource = {
    async followFromNow(from) {
      asked.push(`begin ${from}`);
      return `${from}:${changes.length}`;
    },
    async changedSince(from, link) {
      asked.push(`since ${from}`);
      await answering();
      const place = Number(link.split(":")[1]);
      if (place < forgotten) return { kind: "lost" };
      if (trouble !== undefined) throw trouble;
      const told = changes.slice(place).filter((change) => change.source === from);
      const objects = new Map(told.map(({ id, named = [`${id}@x.test`] }) => [id, new Set(named)]));
      return { kind: "changed", objects, link: `${from}:${changes.length}` };
    },
    async confirm(objects) {
      if (objects.length > 0) asked.push("confirm");
      return new Map(
        objects.map(({ id, source: of }) => [
          id,
          id.startsWith("gone") || hidden.has(id)
            ? "gone"
            : ({ id, source: of, mail: `${id}@x.test`, proxyAddresses: [] } as const),
        ]),
      );
    },
  };
  return {
    source,
    asked,
    change: (id: string, from: Source = "users", named?: readonly string[]) =>
      void changes.push({ id, source: from, ...(named === undefined ? {} : { named }) }),
    /** Of reads by id: their replica does not know them yet. */
    hidden,
    /** How long an answer takes. */
    slow(wait: () => Promise<void>) {
      answering = wait;
    },
    troubled(error: Error | undefined) {
      trouble = error;
    },
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

  it("asks once for all who ask at once, however long the answer takes", async () => {
    const place = await feed.begin(ALL, signal);
    await clock.advance(FRESH_MS);
    tenant.asked.length = 0;
    tenant.slow(() => clock.sleep(50));
    const asking = Promise.all(Array.from({ length: 20 }, () => feed.since(place, ALL, 2, signal)));
    await clock.advance(5_000);
    await asking;
    expect(tenant.asked).toEqual(["since users", "since groups", "since contacts"]);
  });

  it("lets who no longer wants to know go while another waits for an answer", async () => {
    const place = await feed.begin(ALL, signal);
    await clock.advance(FRESH_MS);
    tenant.slow(() => new Promise(() => {}));
    void feed.since(place, ALL, 0, signal);
    const impatient = new AbortController();
    const begun = feed.begin(ALL, impatient.signal);
    impatient.abort(new Error("a run is due"));
    await expect(begun).rejects.toThrow("a run is due");
  });

  it("leaves a place at which nothing but trouble is to be had, when a sync begins anew", async () => {
    const place = await feed.begin(ALL, signal);
    tenant.troubled(new Error("malformed"));
    await clock.advance(FRESH_MS);
    await expect(feed.since(place, ALL, 0, signal)).rejects.toThrow("malformed");
    tenant.asked.length = 0;
    const anew = await feed.begin(ALL, signal);
    expect(tenant.asked).toEqual(["begin users", "begin groups", "begin contacts"]);
    tenant.troubled(undefined);
    tenant.change("a");
    await clock.advance(FRESH_MS);
    expect(idsOf(await feed.since(anew, ALL, 0, signal))).toEqual(["a"]);
  });

  it("tells nobody of whom an earlier round found and a later one did not", async () => {
    const place = await feed.begin(ALL, signal);
    tenant.change("a");
    tenant.change("b");
    await clock.advance(FRESH_MS);
    expect(idsOf(await feed.since(place, ALL, 0, signal))).toEqual(["a", "b"]);
    tenant.hidden.add("a");
    tenant.change("a");
    await clock.advance(FRESH_MS);
    expect(idsOf(await feed.since(place, ALL, 0, signal))).toEqual(["b"]);
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

  it("tells who asks seldom all that others were told meanwhile, however often they asked", async () => {
    const seldom = await feed.begin(ALL, signal);
    for (let count = 0, often = seldom; count < 130; count++) {
      tenant.change(`p${count}`);
      await clock.advance(FRESH_MS);
      often = placeOf(await feed.since(often, ALL, FRESH_MS, signal));
      // Also the very last one that is still told of what was kept.
      if (count !== 63) continue;
      tenant.change("last");
      await clock.advance(FRESH_MS);
      expect(idsOf(await feed.since(seldom, ALL, FRESH_MS, signal))).toHaveLength(65);
    }
    const told = idsOf(await feed.since(seldom, ALL, FRESH_MS, signal));
    expect(told).toHaveLength(131);
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

  it("asks again for everything that changed before the instant at which somebody was due, also moments after another", async () => {
    const place = await feed.begin(ALL, signal);
    await clock.advance(10_000);
    expect(idsOf(await feed.since(place, ALL, 0, signal))).toEqual([]);
    await clock.advance(1_000);
    tenant.change("a");
    await clock.advance(1_000);
    // Due at the instant of the round before: it is told what that one was told.
    expect(idsOf(await feed.since(place, ALL, 2_001, signal))).toEqual([]);
    // Due since then.
    expect(idsOf(await feed.since(place, ALL, 1_500, signal))).toEqual(["a"]);
  });

  it("asks again for a source that others followed before, however fresh the new one is", async () => {
    await feed.begin(USERS, signal);
    await clock.advance(10_000);
    tenant.change("a");
    await clock.advance(10_000);
    const place = await feed.begin(ALL, signal);
    await clock.advance(1_000);
    expect(idsOf(await feed.since(place, ALL, 5_000, signal))).toEqual(["a"]);
  });

  it("tells all of a trouble that one had just now, and asks once for it", async () => {
    const place = await feed.begin(ALL, signal);
    tenant.troubled(new Error("throttled"));
    tenant.asked.length = 0;
    await clock.advance(FRESH_MS);
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => feed.since(place, ALL, FRESH_MS, signal)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => "rejected"));
    expect(tenant.asked).toEqual(["since users"]);
    tenant.troubled(undefined);
    tenant.change("a");
    await clock.advance(FRESH_MS);
    expect(idsOf(await feed.since(place, ALL, FRESH_MS, signal))).toEqual(["a"]);
  });

  it("finds out once that a place is lost, however many hold it", async () => {
    const place = await feed.begin(ALL, signal);
    tenant.forget();
    tenant.asked.length = 0;
    await clock.advance(FRESH_MS);
    const answers = await Promise.all(Array.from({ length: 20 }, () => feed.since(place, ALL, FRESH_MS, signal)));
    expect(answers).toEqual(answers.map(() => ({ kind: "lost" })));
    expect(tenant.asked).toEqual(["since users"]);
  });

  it.each([
    ["is not found by id yet", (id: string) => tenant.hidden.add(id), undefined],
    ["does not show the new address yet", () => {}, ["SMTP:new@x.test"]],
  ])("asks once more for who %s, three times, and no longer", async (_, hide, named) => {
    let { links, time } = await feed.begin(ALL, signal);
    const round = async (): Promise<string[]> => {
      await clock.advance(FRESH_MS);
      tenant.asked.length = 0;
      const answer = await feed.since({ links, time }, ALL, FRESH_MS, signal);
      ({ links, time } = placeOf(answer));
      return idsOf(answer);
    };
    tenant.change("late", "users", named);
    hide("late");
    await round();
    tenant.hidden.clear();
    expect(await round()).toEqual(["late"]);
    expect(tenant.asked.filter((each) => each === "confirm")).toHaveLength(1);
    tenant.change("never", "users", ["SMTP:elsewhere@x.test"]);
    const asked = [];
    for (let count = 0; count < 6; count++) {
      await round();
      asked.push(tenant.asked.includes("confirm"));
    }
    expect(asked).toEqual([true, true, true, true, false, false]);
  });

  it("does not look for who is said to be removed", async () => {
    const place = await feed.begin(ALL, signal);
    tenant.change("gone-1", "users", []);
    await clock.advance(FRESH_MS);
    const { place: next } = (await feed.since(place, ALL, FRESH_MS, signal)) as { readonly place: FeedPlace };
    await clock.advance(FRESH_MS);
    tenant.asked.length = 0;
    await feed.since(next, ALL, FRESH_MS, signal);
    expect(tenant.asked).not.toContain("confirm");
  });

  it("tells nobody else of what comes after a place that was kept: who wrote it may have chosen a part of the tenant", async () => {
    const successor = createFeed(tenant.source, clock);
    const chosen = { links: { users: "users:0", groups: "groups:0", contacts: "contacts:0" }, time: 0 };
    await clock.advance(FRESH_MS);
    tenant.change("a");
    expect(idsOf(await successor.since(chosen, ALL, FRESH_MS, signal))).toEqual(["a"]);
    // Whoever else begins is given a place that the tenant gave out, not the one that follows upon what was kept.
    expect(tenant.asked.slice(0, 4)).toEqual(["begin users", "begin groups", "begin contacts", "since users"]);
    const place = await successor.begin(ALL, signal);
    expect(tenant.asked.filter((each) => each.startsWith("begin"))).toHaveLength(3);
    tenant.troubled(new Error("that link is refused"));
    const refused = { ...chosen, links: { ...chosen.links, users: "users:00" } };
    await clock.advance(FRESH_MS);
    await expect(successor.since(refused, ALL, FRESH_MS, signal)).rejects.toThrow("refused");
    tenant.troubled(undefined);
    expect(idsOf(await successor.since(place, ALL, FRESH_MS, signal))).toEqual([]);
  });

  it("asks once for objects that were kept at one place, and tells each of what came meanwhile", async () => {
    const place = await feed.begin(ALL, signal);
    const successor = createFeed(tenant.source, clock);
    tenant.change("a");
    await clock.advance(FRESH_MS);
    tenant.asked.length = 0;
    const first = await successor.since(place, ALL, FRESH_MS, signal);
    tenant.change("b");
    await clock.advance(1_000);
    await successor.since(placeOf(first), ALL, 0, signal);
    const second = await successor.since(place, ALL, FRESH_MS, signal);
    expect(tenant.asked.filter((each) => each === "since users")).toHaveLength(2);
    expect(idsOf(second)).toEqual(["a"]);
    expect(idsOf(await successor.since(placeOf(second), ALL, FRESH_MS, signal))).toEqual(["b"]);
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

  it("is lost where what changed is more than there is room for: a full read tells", async () => {
    const place = await feed.begin(USERS, signal);
    for (let index = 0; index < 10_000; index++) tenant.change(`${"x".repeat(2000)}${index}`);
    await clock.advance(FRESH_MS);
    tenant.asked.length = 0;
    expect(idsOf(await feed.since(place, USERS, FRESH_MS, signal))).toEqual(["lost"]);
    // Not all of them were asked for before that was known.
    expect(tenant.asked.filter((each) => each === "confirm").length).toBeLessThan(20);
  });

  it("shares its room with all others, and who was forgotten is told all the same", async () => {
    const shelf = createFeedShelf(400);
    const [one, other] = [createTenant(), createTenant()];
    const [first, second] = [createFeed(one.source, clock, shelf), createFeed(other.source, clock, shelf)];
    const [late, place] = [await first.begin(USERS, signal), await second.begin(USERS, signal)];
    one.change("a");
    await clock.advance(FRESH_MS);
    await first.since(late, USERS, FRESH_MS, signal);
    for (const id of ["b", "c", "d"]) other.change(id);
    await clock.advance(FRESH_MS);
    expect(idsOf(await second.since(place, USERS, FRESH_MS, signal))).toEqual(["b", "c", "d"]);
    one.asked.length = 0;
    expect(idsOf(await first.since(late, USERS, FRESH_MS, signal))).toEqual(["a"]);
    expect(one.asked).toEqual(["since users", "confirm"]);
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
      fc.asyncProperty(steps, fc.constantFrom(1, 500, 1e6), async (history, room) => {
        const time = createFakeClock();
        const world = createTenant();
        let current = createFeed(world.source, time, createFeedShelf(room));
        const start = await current.begin(ALL, signal);
        const followers = Array.from({ length: 3 }, () => ({ place: start, owed: new Set<string>() }));
        for (const step of history) {
          if (step.do === "change") {
            world.change(`p${step.id}`);
            for (const { owed } of followers) owed.add(`p${step.id}`);
          } else if (step.do === "wait") await time.advance(step.ms);
          else if (step.do === "restart") current = createFeed(world.source, time, createFeedShelf(room));
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
