/** A queue whose keys belong to groups: nobody starves, however many keys another group has. */
import { describe, expect, it } from "vitest";
import { createQueue, type Queue } from "../../../src/runtime/queue.ts";
import { createFakeClock } from "../../support/clock.ts";
import { createRandom } from "../../support/random.ts";

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

  it("are what their keys are of now, also where those waited before", async () => {
    let group = "a";
    const queue = createQueue({
      clock: createFakeClock(),
      fairness: { groupsOf: (key) => [key === "moving" ? group : key.slice(0, 1)], mostOf: () => [1] },
    });
    for (const key of ["a1", "moving", "a2"]) queue.add(key);
    expect(await queue.get()).toBe("a1");
    group = "b";
    expect(await queue.get()).toBe("moving");
    const next = queue.get();
    queue.done("a1");
    expect(await next).toBe("a2");
  });

  it("are asked for as often as there are groups, not as there are keys", async () => {
    let asked = 0;
    const groupsOf = (key: string) => {
      asked++;
      return [key.slice(0, 1)];
    };
    const queue = createQueue({ clock: createFakeClock(), fairness: { groupsOf, mostOf: () => [9] } });
    const [keys, groups, takes] = [10_000, 10, 100];
    for (let index = 0; index < keys; index++) queue.add(`${index % groups}-${index}`);
    for (let index = 0; index < takes; index++) {
      const key = await queue.get();
      queue.done(key ?? "");
    }
    expect(asked).toBeLessThanOrEqual(keys + takes * (groups + 1));
  });

  it("cost no more where one of them invents thousands below it, has its workers, and others of them are idle", async () => {
    let asked = 0;
    const groupsOf = (key: string) => {
      asked++;
      return [key.slice(0, 1), `tenant of ${key}`];
    };
    const queue = createQueue({ clock: createFakeClock(), fairness: { groupsOf, mostOf: () => [2, 2] } });
    for (let worker = 0; worker < 4; worker++) void queue.get();
    const keys = 3000;
    for (let index = 0; index < keys; index++) queue.add(`e${index}`);
    expect(asked).toBeLessThanOrEqual(3 * keys);
  });

  it("go in the order of turns and then of age, however they are mixed", async () => {
    const random = createRandom(26);
    for (let round = 0; round < 200; round++) {
      const keys = Array.from(
        { length: 12 },
        (_, index) => `${Math.floor(random() * 3)}${Math.floor(random() * 3)} ${index}`,
      );
      const groupsOf = (key: string) => [`namespace ${key[0]}`, `tenant ${key[1]}`];
      const queue = createQueue({ clock: createFakeClock(), fairness: { groupsOf, mostOf: () => [9, 9] } });
      for (const key of keys) queue.add(key);
      expect(await take(queue, keys.length)).toEqual(inTurns(keys, groupsOf));
    }
  });
});

/** The rule, one key at a time: the one whose namespace's turn is longest ago, then its tenant's, then who came first. */
function inTurns(keys: readonly string[], groupsOf: (key: string) => string[]): string[] {
  const turns = new Map<string, number>();
  const left = [...keys];
  return keys.map((_, turn) => {
    const ranks = left.map((key) => groupsOf(key).map((name) => turns.get(name) ?? 0));
    const [best = 0] = left.map((_key, index) => index).sort((a, b) => compare(ranks[a], ranks[b]) || a - b);
    const [key = ""] = left.splice(best, 1);
    for (const name of groupsOf(key)) turns.set(name, turn + 1);
    return key;
  });
}

const compare = ([a = 0, b = 0]: readonly number[] = [], [c = 0, d = 0]: readonly number[] = []): number =>
  a - c || b - d;
