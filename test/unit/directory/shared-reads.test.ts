/** Who asks for the same tenant with the very same credential at the same time is served by one read. */
import { describe, expect, it } from "vitest";
import { createSharedReads } from "../../../src/directory/shared-reads.ts";
import type { ReadOptions, ReadStats } from "../../../src/directory/types.ts";
import type { DirectoryObject } from "../../../src/recipients/model.ts";
import { createFakeClock } from "../../support/clock.ts";
import { quiet } from "./support/failures.ts";

const ALL = { users: true, groups: true, contacts: true };

const person = (index: number): DirectoryObject => ({
  id: `id-${index}`,
  source: "users",
  mail: index % 2 === 0 ? `person${index}@example.com` : null,
  proxyAddresses: [`SMTP:person${index}@example.com`, `smtp:pérson${index}@example.com`, "SIP:nobody@example.com"],
});

interface Want {
  readonly connection?: string;
  readonly key?: string;
  readonly age?: number;
  readonly sources?: ReadOptions["sources"];
  readonly signal?: AbortSignal;
}

function setUp(count = 3) {
  const clock = createFakeClock();
  const reads = createSharedReads(clock);
  let begun = 0;
  const ends: { end(): void; fail(error: Error): void }[] = [];
  const directory = {
    read({ onObject, signal }: ReadOptions): Promise<ReadStats> {
      begun++;
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("stopped")));
        const end = (): void => {
          for (let index = 0; index < count; index++) onObject(person(index));
          resolve({ users: count, groups: 0, contacts: 0, requests: 7 });
        };
        ends.push({ end, fail: reject });
      });
    },
  };
  async function want({ connection = "c", key = "secret/1", age = 0, sources = ALL, signal = quiet() }: Want = {}) {
    const objects: DirectoryObject[] = [];
    const sharing = key === "" ? undefined : { key, notBefore: clock.now() - age };
    const onObject = (object: DirectoryObject): void => void objects.push(object);
    const stats = await reads(connection, directory, { sources, signal, sharing, onObject });
    return { objects, requests: stats.requests };
  }
  return { clock, ends, want, begun: () => begun };
}

describe("A read that is shared", () => {
  it("gives everybody the same objects, and is counted once", async () => {
    const { ends, want, begun } = setUp(1_200);
    const both = Promise.all([want(), want()]);
    ends[0]?.end();
    const [first, second] = await both;
    expect(begun()).toBe(1);
    expect([first?.requests, second?.requests]).toEqual([7, 0]);
    const useful = first?.objects.map((object) => ({
      ...object,
      proxyAddresses: object.proxyAddresses.filter((proxy) => !proxy.startsWith("SIP:")),
    }));
    expect(second?.objects).toEqual(useful);
  });

  it.each<[what: string, first: Want, second: Want]>([
    ["another version of the Secret", {}, { key: "secret/2" }],
    ["another connection", {}, { connection: "d" }],
    ["other sources", {}, { sources: { ...ALL, contacts: false } }],
    ["who shares with nobody", {}, { key: "" }],
  ])("is not used by %s", async (_, first, second) => {
    const { ends, want, begun } = setUp();
    const both = Promise.all([want(first), want(second)]);
    for (const { end } of ends) end();
    await both;
    expect(begun()).toBe(2);
  });

  it("serves who comes within five minutes after it and takes one as old, and nobody else", async () => {
    const { clock, ends, want, begun } = setUp();
    const first = want();
    ends[0]?.end();
    await first;
    await clock.advance(250_000);
    expect((await want({ age: 255_000 })).requests).toBe(0);
    const fresh = want({ age: 10_000 });
    ends[1]?.end();
    expect((await fresh).requests).toBe(7);
    await clock.advance(301_000);
    const late = want({ age: 600_000 });
    ends[2]?.end();
    await late;
    expect(begun()).toBe(3);
    await clock.advance(301_000);
    expect(clock.timers).toBe(0);
  });

  it("that fails or is stopped fails for its own run only: who waited reads itself", async () => {
    const { ends, want, begun } = setUp();
    const stop = new AbortController();
    const own = want({ signal: stop.signal }).catch(() => "stopped");
    const other = want();
    stop.abort();
    expect(await own).toBe("stopped");
    await new Promise((resolve) => setImmediate(resolve));
    ends[1]?.end();
    expect((await other).requests).toBe(7);
    expect(begun()).toBe(2);
  });

  it("is forgotten after five minutes, also when the clock was set back meanwhile", async () => {
    const { clock, ends, want, begun } = setUp();
    const first = want();
    ends[0]?.end();
    await first;
    clock.set(-24 * 3_600_000);
    await clock.advance(300_001);
    const next = want({ age: 48 * 3_600_000 });
    expect(begun()).toBe(2);
    ends[1]?.end();
    await next;
  });

  it("is not kept where it is large", async () => {
    const { ends, want, begun } = setUp(300_000);
    const both = Promise.all([want(), want()]);
    ends[0]?.end();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    ends[1]?.end();
    expect((await both).map(({ objects }) => objects.length)).toEqual([300_000, 300_000]);
    expect(begun()).toBe(2);
  });
});
