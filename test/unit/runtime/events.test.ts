import { describe, expect, it } from "vitest";
import { createEventRecorder } from "../../../src/runtime/events.ts";
import type { KubeEvent, KubeObject } from "../../../src/runtime/kube.ts";
import { ApiError, type Client } from "../../../src/runtime/types.ts";
import { createFakeClock } from "../../support/clock.ts";
import { createMemoryLog } from "./support/logger.ts";

const SYNC: KubeObject = {
  apiVersion: "o365sync.dev/v1alpha1",
  kind: "O365Sync",
  metadata: { namespace: "mail", name: "a", uid: "u1", resourceVersion: "7" },
};
const PUBLISHED = { type: "Normal", reason: "Published", action: "Publish", note: "published" } as const;

interface Call {
  readonly verb: "create" | "patch";
  readonly event: Partial<KubeEvent>;
}

function setUp(answer: (call: Call) => void = () => {}, instance = "pod-1") {
  const calls: Call[] = [];
  const take = async (call: Call): Promise<unknown> => {
    calls.push(call);
    answer(call);
    return call.event;
  };
  const client = {
    create: (_: unknown, event: KubeEvent) => take({ verb: "create", event }),
    patch: (_: unknown, key: KubeEvent["metadata"], event: object) =>
      take({ verb: "patch", event: { ...event, metadata: key } }),
  } as unknown as Client;
  const clock = createFakeClock(Date.UTC(2026, 0, 1));
  const log = createMemoryLog();
  let chance = 0;
  const deps = { clock, random: () => (chance += 0.001) };
  const recorder = createEventRecorder({ client, deps, log, controller: "o365sync.dev/operator", instance });
  return { recorder, calls, clock, log };
}

describe("the event recorder", () => {
  it("writes an event as events.k8s.io/v1 wants it", async () => {
    const { recorder, calls } = setUp();
    recorder.event(SYNC, PUBLISHED);
    await recorder.flush(1_000);
    expect(calls).toEqual([
      {
        verb: "create",
        event: {
          apiVersion: "events.k8s.io/v1",
          kind: "Event",
          metadata: { namespace: "mail", name: expect.stringMatching(/^a\.[0-9a-f]+$/) },
          eventTime: "2026-01-01T00:00:00.000000Z",
          regarding: {
            apiVersion: "o365sync.dev/v1alpha1",
            kind: "O365Sync",
            namespace: "mail",
            name: "a",
            uid: "u1",
            resourceVersion: "7",
          },
          reportingController: "o365sync.dev/operator",
          reportingInstance: "pod-1",
          ...PUBLISHED,
        },
      },
    ]);
  });

  it("makes repetitions one series that counts them", async () => {
    const { recorder, calls, clock } = setUp();
    for (let i = 0; i < 3; i++) {
      recorder.event(SYNC, PUBLISHED);
      await recorder.flush(1_000);
      await clock.advance(60_000);
    }
    const name = calls[0]?.event.metadata?.name;
    expect(calls.slice(1)).toEqual([
      {
        verb: "patch",
        event: {
          metadata: expect.objectContaining({ name }),
          series: { count: 2, lastObservedTime: "2026-01-01T00:01:00.000000Z" },
        },
      },
      {
        verb: "patch",
        event: {
          metadata: expect.objectContaining({ name }),
          series: { count: 3, lastObservedTime: "2026-01-01T00:02:00.000000Z" },
        },
      },
    ]);
  });

  it("sends repetitions that come at once in one go", async () => {
    const { recorder, calls } = setUp();
    for (let i = 0; i < 5; i++) recorder.event(SYNC, PUBLISHED);
    await recorder.flush(1_000);
    expect(calls.map(({ verb, event }) => [verb, event.series?.count])).toEqual([["create", 5]]);
  });

  it.each<[string, Partial<typeof PUBLISHED> | { note: string }, KubeObject]>([
    ["another reason", { reason: "Held" as never }, SYNC],
    ["another note", { note: "other" }, SYNC],
    ["another object", {}, { ...SYNC, metadata: { ...SYNC.metadata, uid: "u2" } }],
  ])("begins a new event for %s", async (_, change, object) => {
    const { recorder, calls } = setUp();
    recorder.event(SYNC, PUBLISHED);
    recorder.event(object, { ...PUBLISHED, ...change });
    await recorder.flush(1_000);
    expect(calls.map(({ verb }) => verb)).toEqual(["create", "create"]);
    expect(new Set(calls.map(({ event }) => event.metadata?.name)).size).toBe(2);
  });

  it("begins a new event after 10 min of silence", async () => {
    const { recorder, calls, clock } = setUp();
    recorder.event(SYNC, PUBLISHED);
    await clock.advance(600_000);
    recorder.event(SYNC, PUBLISHED);
    await recorder.flush(1_000);
    expect(calls.map(({ verb }) => verb)).toEqual(["create", "create"]);
  });

  it("creates the event again when the server has forgotten it", async () => {
    const { recorder, calls } = setUp(({ verb }) => {
      if (verb === "patch") throw new ApiError("not found", 404, "NotFound");
    });
    recorder.event(SYNC, PUBLISHED);
    await recorder.flush(1_000);
    recorder.event(SYNC, PUBLISHED);
    await recorder.flush(1_000);
    expect(calls.map(({ verb, event }) => [verb, event.series?.count])).toEqual([
      ["create", undefined],
      ["patch", 2],
      ["create", 2],
    ]);
  });

  it("lets one object have 25 events at once, then one in 5 min, and no other suffers", async () => {
    const { recorder, calls, clock } = setUp();
    const flood = (from: number): void => {
      for (let i = 0; i < 100; i++) recorder.event(SYNC, { ...PUBLISHED, note: `note ${from + i}` });
    };
    flood(0);
    await recorder.flush(1_000);
    expect(calls).toHaveLength(25);
    await clock.advance(299_000);
    flood(100);
    await recorder.flush(1_000);
    expect(calls).toHaveLength(25);
    await clock.advance(1_000);
    flood(200);
    recorder.event({ ...SYNC, metadata: { ...SYNC.metadata, uid: "u2" } }, PUBLISHED);
    await recorder.flush(1_000);
    expect(calls).toHaveLength(27);
  });

  it("counts the repetitions that were not sent", async () => {
    const { recorder, calls, clock } = setUp();
    for (let i = 0; i < 40; i++) {
      recorder.event(SYNC, PUBLISHED);
      await recorder.flush(1_000);
    }
    expect(calls.at(-1)?.event.series?.count).toBe(25);
    await clock.advance(300_000);
    recorder.event(SYNC, PUBLISHED);
    await recorder.flush(1_000);
    expect(calls.at(-1)?.event.series?.count).toBe(41);
  });

  it("never throws: a server that refuses is logged", async () => {
    const { recorder, log } = setUp(() => {
      throw new ApiError("forbidden", 403, "Forbidden");
    });
    recorder.event(SYNC, PUBLISHED);
    await recorder.flush(1_000);
    expect(log.lines).toMatchObject([
      { level: "warn", message: "Recording an event failed", meta: { reason: "Published" } },
    ]);
  });

  it("loses nothing while the API server does not answer, and does not say twice what came through", async () => {
    let answers: (Error | undefined)[] = [
      new ApiError("no answer within 30 s", 0, "Timeout"),
      new ApiError("refused", 0, "ECONNREFUSED"),
      // The first try came through: only its answer did not.
      new ApiError("exists", 409, "AlreadyExists"),
    ];
    const { recorder, calls, clock, log } = setUp(() => {
      const [answer, ...rest] = answers;
      answers = rest;
      if (answer !== undefined) throw answer;
    });
    recorder.event(SYNC, PUBLISHED);
    recorder.event(SYNC, { ...PUBLISHED, note: "another" });
    await clock.advance(9_000);
    expect(calls).toHaveLength(1);
    await clock.advance(11_000);
    await clock.advance(11_000);
    expect(calls.map(({ event }) => event.note)).toEqual(["published", "published", "published", "another"]);
    expect(new Set(calls.slice(0, 3).map(({ event }) => event.metadata?.name)).size).toBe(1);
    expect(log.lines).toEqual([]);
  });

  it("tells the whole count of a series whose first answer was lost", async () => {
    const known = new Set<string | undefined>();
    const { recorder, calls, clock } = setUp(({ verb, event }) => {
      const name = event.metadata?.name;
      if (verb === "create" && known.has(name)) throw new ApiError("exists", 409, "AlreadyExists");
      known.add(name);
      if (calls.length === 1) throw new ApiError("no answer", 0, "ETIMEDOUT");
    });
    recorder.event(SYNC, PUBLISHED);
    await clock.advance(0);
    recorder.event(SYNC, PUBLISHED);
    recorder.event(SYNC, PUBLISHED);
    await clock.advance(10_000);
    expect(calls.at(-1)).toMatchObject({ verb: "patch", event: { series: { count: 3 } } });
  });

  it.each([
    ["a limit of one namespace", 429, "TooManyRequests"],
    ["trouble of one webhook", 500, "InternalError"],
    ["an answer that is none", 0, "InvalidAnswer"],
  ])("lets no event of others wait for %s", async (_, status, reason) => {
    const { recorder, calls, clock } = setUp(({ event }) => {
      if (event.regarding?.namespace === "noisy") throw new ApiError("refused", status, reason);
    });
    const noisy = { ...SYNC, metadata: { ...SYNC.metadata, namespace: "noisy", uid: "u2" } };
    for (let index = 0; index < 20; index++) recorder.event(noisy, { ...PUBLISHED, note: `${index}` });
    recorder.event(SYNC, PUBLISHED);
    await clock.advance(0);
    expect(calls.filter(({ event }) => event.metadata?.namespace === "mail")).toHaveLength(1);
  });

  it("gives up after 12 tries, and at the end tries once more without waiting", async () => {
    const { recorder, calls, clock, log } = setUp(() => {
      throw new ApiError("refused", 0, "ECONNREFUSED");
    });
    recorder.event(SYNC, PUBLISHED);
    for (let pauses = 0; pauses < 20; pauses++) await clock.advance(10_000);
    expect(calls).toHaveLength(12);
    expect(log.lines).toMatchObject([{ message: "Recording an event failed" }]);
    recorder.event(SYNC, { ...PUBLISHED, note: "another" });
    await clock.advance(0);
    expect(calls).toHaveLength(13);
    await recorder.flush(1_000);
    expect(calls).toHaveLength(14);
  });

  it("drops events when more than 256 wait for a server that hangs", async () => {
    const { recorder, log } = setUp();
    for (let i = 0; i < 300; i++) recorder.event({ ...SYNC, metadata: { ...SYNC.metadata, uid: `u${i}` } }, PUBLISHED);
    expect(log.lines).toHaveLength(300 - 256);
    await recorder.flush(1_000);
  });

  it("is not waited for longer than asked, also by a server that hangs", async () => {
    const { clock, log } = setUp();
    const hanging = { create: () => new Promise(() => {}) } as unknown as Client;
    const deps = { clock, random: () => 0.5 };
    const recorder = createEventRecorder({ client: hanging, deps, log, controller: "o", instance: "i" });
    recorder.event(SYNC, PUBLISHED);
    let flushed = false;
    void recorder.flush(3_000).then(() => {
      flushed = true;
    });
    await clock.advance(2_999);
    expect(flushed).toBe(false);
    await clock.advance(1);
    expect(flushed).toBe(true);
    expect(log.lines.map(({ message }) => message)).toEqual(["Gave up events that could not be sent before the end"]);
  });

  it.each<[string, string, number]>([
    ["ASCII", "x".repeat(1025), 1024],
    ["two-byte characters", "é".repeat(513), 1023],
    ["four-byte characters", "🚀".repeat(257), 1023],
  ])("cuts a note of %s to 1024 bytes, between characters", async (_, note, bytes) => {
    const { recorder, calls } = setUp();
    recorder.event(SYNC, { ...PUBLISHED, note });
    await recorder.flush(1_000);
    const cut = calls[0]?.event.note ?? "";
    expect(Buffer.byteLength(cut)).toBe(bytes);
    expect(cut).not.toContain("\uFFFD");
    expect(cut.endsWith("…")).toBe(true);
  });

  it("cuts the name of its pod to what the API server takes", async () => {
    const { recorder, calls } = setUp(undefined, "p".repeat(253));
    recorder.event(SYNC, PUBLISHED);
    await recorder.flush(1_000);
    expect(calls[0]?.event.reportingInstance).toHaveLength(128);
  });

  it("keeps the name of an event legal for the longest object name", async () => {
    const { recorder, calls } = setUp();
    recorder.event(
      { ...SYNC, metadata: { ...SYNC.metadata, name: `${"a".repeat(219)}.${"b".repeat(33)}` } },
      PUBLISHED,
    );
    await recorder.flush(1_000);
    const name = calls[0]?.event.metadata?.name ?? "";
    expect(name.length).toBeLessThanOrEqual(253);
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
  });
});
