import { describe, expect, it } from "vitest";
import { singleFlight } from "../../../../src/directory/http/single-flight.ts";
import { quiet } from "../support/failures.ts";

/** Work that a test ends by hand. */
function createWork() {
  const starts: { readonly signal: AbortSignal; end(value: string): void; fail(error: Error): void }[] = [];
  const call = singleFlight(
    (signal) =>
      new Promise<string>((resolve, reject) => {
        starts.push({ signal, end: resolve, fail: reject });
      }),
  );
  return { starts, call };
}

describe("a single flight", () => {
  it("does the work once for everybody who comes meanwhile, and anew for who comes later", async () => {
    const { starts, call } = createWork();
    const crowd = Promise.all([call(quiet()), call(quiet()), call(quiet())]);
    starts[0]?.end("one");
    expect(await crowd).toEqual(["one", "one", "one"]);
    const later = call(quiet());
    starts[1]?.end("two");
    expect(await later).toBe("two");
    expect(starts).toHaveLength(2);
  });

  it("fails for everybody, and is tried anew by who comes later", async () => {
    const { starts, call } = createWork();
    const crowd = Promise.allSettled([call(quiet()), call(quiet())]);
    starts[0]?.fail(new Error("no"));
    expect((await crowd).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const later = call(quiet());
    starts[1]?.end("yes");
    expect(await later).toBe("yes");
  });

  it("goes on for the others when one gives up", async () => {
    const { starts, call } = createWork();
    const stop = new AbortController();
    const impatient = call(stop.signal).catch((error: unknown) => error);
    const patient = call(quiet());
    stop.abort(new Error("enough"));
    expect(await impatient).toEqual(new Error("enough"));
    expect(starts[0]?.signal.aborted).toBe(false);
    starts[0]?.end("here");
    expect(await patient).toBe("here");
  });

  it("is called off when the last one gives up, and the next one begins anew", async () => {
    const { starts, call } = createWork();
    const stop = new AbortController();
    const outcomes = Promise.allSettled([call(stop.signal), call(stop.signal)]);
    stop.abort(new Error("enough"));
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(starts[0]?.signal.aborted).toBe(true);
    const next = call(quiet());
    starts[1]?.end("new");
    expect(await next).toBe("new");
  });

  it("does not begin for a caller who has given up already", async () => {
    const { starts, call } = createWork();
    await expect(call(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    expect(starts).toHaveLength(0);
  });
});
