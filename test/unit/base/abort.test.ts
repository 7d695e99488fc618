import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { createDeadline, type Deadline, untilAborted } from "../../../src/base/abort.ts";
import { createFakeClock } from "../../support/clock.ts";

describe("a deadline", () => {
  it("aborts with a TimeoutError when the time is up, counted from its last restart", async () => {
    const clock = createFakeClock();
    const deadline = createDeadline(clock, 1_000);
    await clock.advance(900);
    deadline.restart();
    await clock.advance(999);
    expect(deadline.expired).toBe(false);
    await clock.advance(1);
    expect(deadline.expired).toBe(true);
    expect(deadline.signal.reason).toMatchObject({ name: "TimeoutError" });
  });

  it.each(["before", "after"])("aborts with its parent's reason when that aborts %s it begins", (when) => {
    const clock = createFakeClock();
    const parent = new AbortController();
    if (when === "before") parent.abort("enough");
    const deadline = createDeadline(clock, 1_000, parent.signal);
    parent.abort("enough");
    expect([deadline.signal.reason, deadline.expired]).toEqual(["enough", false]);
    deadline.restart();
    expect(clock.timers).toBe(0);
  });

  it.each<[string, (parent: AbortController, deadline: Deadline) => void]>([
    ["is released", (_, deadline) => deadline.release()],
    ["has aborted", (parent) => parent.abort()],
  ])("leaves neither timer nor listener behind once it %s", (_, end) => {
    const clock = createFakeClock();
    const parent = new AbortController();
    const deadline = createDeadline(clock, 1_000, parent.signal);
    end(parent, deadline);
    expect([clock.timers, getEventListeners(parent.signal, "abort").length]).toEqual([0, 0]);
  });
});

describe("untilAborted", () => {
  it("gives the promise's outcome, and leaves no listener behind", async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(untilAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
    await createFakeClock().advance(0);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("rejects with the signal's reason when that comes first", async () => {
    const stop = new AbortController();
    const waiting = untilAborted(new Promise(() => {}), stop.signal);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(untilAborted(new Promise(() => {}), stop.signal)).rejects.toThrow("enough");
  });
});
