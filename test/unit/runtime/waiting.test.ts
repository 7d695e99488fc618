/** A queue whose keys belong to groups: nobody starves, however many keys another group has. */
import { describe, expect, it } from "vitest";
import { createQueue, type Queue } from "../../../src/runtime/queue.ts";
import { createFakeClock } from "../../support/clock.ts";

/** The group of `a1` is a. */
function setUp(mostOfGroup: number, keys: readonly string[]): Queue {
  const fairness = { groupsOf: (key: string) => [key.slice(0, 1)], mostOf: () => [mostOfGroup] };
  const queue = createQueue({ clock: createFakeClock(), fairness });
  for (const key of keys) queue.add(key);
  return queue;
}

async function take(queue: Queue, count: number): Promise<(string | undefined)[]> {
  const taken: (string | undefined)[] = [];
  for (let worker = 0; worker < count; worker++) taken.push(await queue.get());
  return taken;
}

const crowd = Array.from({ length: 100 }, (_, index) => `a${index}`);

describe("groups of keys", () => {
  it("take turns, so that one key does not wait for a hundred of another group", async () => {
    const queue = setUp(9, [...crowd, "b1", "c1", "b2"]);
    expect(await take(queue, 7)).toEqual(["a0", "b1", "c1", "a1", "b2", "a2", "a3"]);
  });

  it("keep their own order", async () => {
    const queue = setUp(9, ["a1", "a2", "a3"]);
    expect(await take(queue, 3)).toEqual(["a1", "a2", "a3"]);
  });

  it("leave workers idle rather than take more than their share, until one of theirs is done", async () => {
    const queue = setUp(2, crowd);
    expect(await take(queue, 2)).toEqual(["a0", "a1"]);
    const third = queue.get();
    const fourth = queue.get();
    queue.add("b1");
    expect(await third).toBe("b1");
    queue.done("b1");
    queue.done("a0");
    expect(await fourth).toBe("a2");
  });

  it("count a key as what it was when it began", async () => {
    let group = "a";
    const queue = createQueue({
      clock: createFakeClock(),
      fairness: { groupsOf: (key) => [key === "moving" ? group : key.slice(0, 1)], mostOf: () => [1] },
    });
    for (const key of ["moving", "a1"]) queue.add(key);
    expect(await queue.get()).toBe("moving");
    group = "b";
    const next = queue.get();
    queue.done("moving");
    expect(await next).toBe("a1");
  });
});
