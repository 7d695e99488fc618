/** The history of a small world: what it counts, whose a contested address is, and which list it names. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changesOf, parseChanges } from "../../../src/publication/changes-file.ts";
import { parseHistory } from "../../../src/publication/history-file.ts";
import type { HistoryRecord } from "../../../src/publication/run-records.ts";
import type { Client } from "../../../src/runtime/types.ts";
import { createSmallWorld, NAME, type SmallWorld } from "../../support/small-world.ts";

let world: SmallWorld;
beforeEach(async () => {
  world = await createSmallWorld();
});
afterEach(() => world.close());

const history = (): HistoryRecord[] => parseHistory(world.map(`${NAME}-history`)?.data?.["history.json"]);

/** Every address of the list that the record names; undefined where it names none. */
async function listOf({ changesIn, id }: HistoryRecord): Promise<string[] | undefined> {
  if (changesIn === undefined) return undefined;
  const map = parseChanges(world.map(changesIn.configMap) ?? {});
  const run = map?.runs.find(({ key }) => key === changesIn.key);
  if (map === undefined || run === undefined) throw new Error(`${id} names a list that is not there`);
  expect(run.run).toBe(id);
  const found: string[] = [];
  for await (const { address } of changesOf(map, run)) found.push(address);
  return found;
}

/** Dies at the first write of a ConfigMap of this name, before or after it is carried out. */
function dyingAt(name: string, when: "before" | "after"): Client {
  const { client } = world.cluster;
  let dead = false;
  const die = (): never => {
    dead = true;
    throw new Error("killed");
  };
  return new Proxy(client, {
    get(target, verb) {
      const call = Reflect.get(target, verb) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        const isIt = verb !== "get" && JSON.stringify(args.slice(0, 2)).includes(`"${name}"`);
        if (dead || (isIt && when === "before")) die();
        const answer = await call(...args);
        return isIt ? die() : answer;
      };
    },
  });
}

describe("A record", () => {
  it("says where its full list is, and how many addresses it does not show itself (issue 23)", async () => {
    for (let index = 0; index < 50; index++) world.company.hire(`more${index}@example.com`);
    await world.ask("sync", "1");
    const [record] = history();
    expect(record).toMatchObject({ result: "Published", cut: { added: 50, removed: 0, contested: 0 } });
    expect(await listOf(record as HistoryRecord)).toHaveLength(150);
  });

  it("names who keeps a contested address, and who lost it (issue 23)", async () => {
    const winner = world.company.find("user1@example.com");
    const loser = world.company.find("user2@example.com");
    world.company.addAlias(loser.id, "user1@example.com");
    await world.ask("sync", "1");
    const contested = [{ address: "user1@example.com", keptBy: winner.id, lostBy: [loser.id] }];
    expect(history()[0]).toMatchObject({ conflicts: 1, contested });
  });

  it("of a publication outlives tests and syncs that change nothing (issue 23)", async () => {
    world.edit(({ spec }) => {
      spec.historyLimit = 1;
    });
    await world.ask("sync", "1");
    for (let index = 0; index < 12; index++) {
      await world.ask(index % 2 === 0 ? "test-sync" : "sync", `t${index}`);
      world.now += 10 * 60_000;
    }
    expect(history().map(({ result }) => result)).toEqual([
      ...Array<string>(5).fill("Unchanged Succeeded").join(" ").split(" "),
      "Published",
    ]);
  });

  it.each([
    ["before", undefined],
    ["after", 100],
  ] as const)(
    "of a process that died %s the full list was written claims no list that is not there",
    async (when, addresses) => {
      world.restart(dyingAt(`${NAME}-changes-0`, when));
      await expect(world.ask("sync", "1")).rejects.toThrow("killed");
      expect(history()).toEqual([]);
      world.restart();
      await world.work();
      const [record, ...others] = history();
      expect([record?.result, record?.added?.length, others]).toEqual(["Published", 100, []]);
      expect((await listOf(record as HistoryRecord))?.length).toBe(addresses);
    },
  );
});
