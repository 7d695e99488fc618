/** What the log says of an error: what others refuse has a message and no stack, a fault of ours has both. */
import { expect, it } from "vitest";
import { Failure } from "../../../src/base/failure.ts";
import { describeError } from "../../../src/observe/log.ts";
import { ApiError } from "../../../src/runtime/types.ts";

it.each([
  ["an answer of the API server", new ApiError("GET /api: no answer: ECONNREFUSED", 0, "ECONNREFUSED"), false],
  ["a failure that has its cure", new Failure("retry", "Timeout", "no answer in time"), false],
  ["a fault of ours", new TypeError("x is not a function"), true],
])("%s", (_what, error, hasStack) => {
  expect(describeError(error)).toMatchObject({ name: error.name, message: error.message });
  expect(Object.keys(describeError(error) as object).includes("stack")).toBe(hasStack);
});
