import { describe, expect, it } from "vitest";
import { createPace, type Heard, pauseFor } from "../../../../src/directory/graph/pace.ts";
import { createFakeClock } from "../../../support/clock.ts";
import { quiet } from "../support/failures.ts";

const answer = (status: number, headers: Record<string, string> = {}): Heard => ({
  status,
  header: (name) => headers[name],
});
const nearLimit = (share: number): Heard => answer(200, { "x-ms-throttle-limit-percentage": String(share) });

describe("The pause after an answer", () => {
  it.each([
    [0, 0],
    [0.79, 0],
    [0.8, 1_000],
    [0.9, 2_000],
    [1, 4_000],
    [1.8, 10_000],
  ])("that tells of %f of the limit is %i ms", (share, ms) => {
    expect(Math.round(pauseFor(share))).toBe(ms);
  });
});

describe("The pace of one tenant and app", () => {
  it.each<[what: string, heard: Heard, ms: number]>([
    ["not at all after a quiet answer", answer(200), 0],
    ["near the limit, before anything is refused", nearLimit(1), 4_000],
    ["for everybody as long as one was told to", answer(429, { "retry-after": "7" }), 7_000],
    ["not for a wait that ends a run instead", answer(429, { "retry-after": "600" }), 0],
    ["not for a header that is none", answer(200, { "x-ms-throttle-limit-percentage": "much" }), 0],
  ])("slows down: %s", async (_, heard, ms) => {
    const clock = createFakeClock();
    const pace = createPace(clock);
    await pace.send(quiet(), () => Promise.resolve(heard));
    let sentAfter: number | undefined;
    const began = clock.now();
    const second = pace.send(quiet(), () => {
      sentAfter = clock.now() - began;
      return Promise.resolve(answer(200));
    });
    await clock.advance(20_000);
    await second;
    expect(Math.round(sentAfter ?? -1)).toBe(ms);
  });

  it("lets six requests go at once, and the next when one is answered, also when it fails", async () => {
    const pace = createPace(createFakeClock());
    const open: { answer(heard: Heard): void; fail(error: Error): void }[] = [];
    const send = (): Promise<unknown> =>
      pace.send(quiet(), () => new Promise<Heard>((resolve, reject) => open.push({ answer: resolve, fail: reject })));
    const sent = Array.from({ length: 8 }, () => send().catch(() => "failed"));
    await Promise.resolve();
    expect(open).toHaveLength(6);
    open[0]?.answer(answer(200));
    open[1]?.fail(new Error("no"));
    await sent[1];
    await new Promise((resolve) => setImmediate(resolve));
    expect(open).toHaveLength(8);
    for (const { answer: end } of open) end(answer(200));
    await Promise.all(sent);
  });

  it("gives up its place when it is told to stop", async () => {
    const clock = createFakeClock();
    const pace = createPace(clock);
    await pace.send(quiet(), () => Promise.resolve(nearLimit(1)));
    const stop = new AbortController();
    const waiting = pace.send(stop.signal, () => Promise.resolve(answer(200))).catch((error: unknown) => error);
    stop.abort(new Error("enough"));
    expect(await waiting).toEqual(new Error("enough"));
    expect(clock.timers).toBe(0);
  });
});
