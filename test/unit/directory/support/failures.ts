/** What a rejected call says, as a Failure. */
import { Failure } from "../../../../src/base/failure.ts";

/** Fails the test when the call does not reject with a Failure. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const outcome = await call.then(
    () => "no rejection at all",
    (error: unknown) => error,
  );
  if (outcome instanceof Failure) return outcome;
  throw new Error("expected a Failure", { cause: outcome });
}

/** A signal that nobody aborts. */
export const quiet = (): AbortSignal => new AbortController().signal;
