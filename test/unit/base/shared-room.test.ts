/** However many there are that need much: what they hold together is bounded, and nobody waits for ever. */
import { describe, expect, it } from "vitest";
import { createSharedRoom } from "../../../src/base/shared-room.ts";
import { createRandom } from "../../support/random.ts";

const { signal } = new AbortController();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Whether it is done within a turn. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await turn();
  return done;
}

describe("A room of 24", () => {
  const create = () => createSharedRoom({ bytes: 24, freeBytes: 1 });

  it("lets everybody have the little that is free, however full it is", async () => {
    const room = create();
    await room.share().grow(25, signal);
    for (let each = 0; each < 100; each++) expect(await isDone(room.share().grow(1, signal))).toBe(true);
    expect(room.held).toBe(24);
  });

  it("lets the one that has held some for the longest go on, and the others wait for it", async () => {
    const room = create();
    const [first, second] = [room.share(), room.share()];
    await first.grow(13, signal);
    await second.grow(13, signal);
    const waiting = second.grow(1, signal);
    expect(await isDone(waiting)).toBe(false);
    expect(await isDone(first.grow(11, signal))).toBe(true);
    first.close();
    expect(await isDone(waiting)).toBe(true);
    second.close();
    expect(room.held).toBe(0);
  });

  it("lets go who is told to stop, and counts nothing for it", async () => {
    const room = create();
    await room.share().grow(25, signal);
    const stop = new AbortController();
    const late = room.share();
    const waiting = late.grow(10, stop.signal);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    late.close();
    expect(room.held).toBe(24);
    await expect(late.grow(1, signal)).rejects.toThrow("after its end");
  });

  it("holds no more than itself and one more body, whoever comes, and everybody gets through", async () => {
    const random = createRandom(24);
    const room = create();
    let [most, done] = [0, 0];
    const body = async (): Promise<void> => {
      const share = room.share();
      for (let size = 1 + Math.floor(random() * 24); size > 0; size--) {
        await share.grow(1, signal);
        most = Math.max(most, room.held);
        if (random() < 0.3) await turn();
      }
      share.close();
      done++;
    };
    await Promise.all(Array.from({ length: 200 }, body));
    expect([done, room.held]).toEqual([200, 0]);
    expect(most).toBeLessThanOrEqual(24 + 24);
  });
});
