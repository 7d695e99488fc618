import { describe, expect, it } from "vitest";
import { type FileResult, filesToTryAgain, type Report, total } from "../../../scripts/ci-reports.ts";

const file = (name: string, ...failures: string[]): FileResult => ({
  name,
  status: failures.length === 0 ? "passed" : "failed",
  assertionResults: [
    { fullName: "it holds", status: "passed", failureMessages: [] },
    ...failures.map((fullName) => ({ fullName, status: "failed" as const, failureMessages: ["cause\nat line 3"] })),
  ],
});
const report = (...testResults: FileResult[]): Report => ({ testResults });

describe("What CI counts", () => {
  it("is all tests of all steps, and the steps that failed", () => {
    const steps = [
      { name: "newest", report: report(file("a"), file("b")) },
      { name: "oldest", report: report(file("a")) },
    ];
    expect(total(steps, 0)).toEqual({ lines: ["3 passed, 0 failed"], ok: true });
    expect(total(steps, 1)).toEqual({ lines: ["3 passed, 1 failed"], ok: false });
  });

  it("is nothing to be content with when no test ran", () => {
    expect(total([], 0)).toEqual({ lines: ["0 passed, 0 failed"], ok: false });
  });

  it("names what failed, at the end where it is found", () => {
    const steps = [{ name: "newest", report: report(file("a", "it breaks"), file("b")) }];
    expect(total(steps, 1)).toEqual({
      lines: ["FAILED: newest, a", "  it breaks", "    cause", "    at line 3", "2 passed, 2 failed"],
      ok: false,
    });
  });

  it("says why a file could not run at all", () => {
    const broken = { name: "a", status: "failed", message: "no such module", assertionResults: [] };
    expect(total([{ name: "newest", report: report(broken) }], 1).lines).toEqual([
      "FAILED: newest, a",
      "    no such module",
      "0 passed, 1 failed",
    ]);
  });

  it("is the second try of a file that was tried alone, and both are told", () => {
    const first = report(file("a", "it waits"), file("b"));
    const step = { name: "newest", report: first };
    expect(total([{ ...step, again: report(file("a"), file("b")) }], 0)).toEqual({
      lines: ["UNSTABLE, passed alone: newest, a", "  it waits", "    cause", "    at line 3", "2 passed, 0 failed"],
      ok: true,
    });
    expect(total([{ ...step, again: report(file("a", "it waits")) }], 1).ok).toBe(false);
  });
});

describe("What is tried again, alone", () => {
  it("is each file that failed", () => {
    expect(filesToTryAgain(report(file("a", "x"), file("b")))).toEqual(["a"]);
  });
  it("is nothing when many failed: that is no accident", () => {
    expect(filesToTryAgain(report(...["a", "b", "c", "d", "e", "f"].map((name) => file(name, "x"))))).toEqual([]);
  });
});
