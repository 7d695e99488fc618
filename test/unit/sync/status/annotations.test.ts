/** A typo under o365sync.dev/ and an empty value are told (issue 17, point 17). */
import { expect, it } from "vitest";
import { annotationNotes } from "../../../../src/sync/status/annotations.ts";
import { syncSpec } from "../../../support/memory-operator.ts";

const notes = (annotations: Record<string, string>): string[] =>
  annotationNotes({ metadata: { namespace: "mail", name: "a", annotations }, spec: syncSpec("a", {}) });

it.each([
  ["nothing of ours", { "example.com/sync": "1", "kubectl.kubernetes.io/x": "" }, []],
  ["what can be asked for", { "o365sync.dev/sync": "1", "o365sync.dev/approve": "0a" }, []],
  [
    "a typo",
    { "o365sync.dev/snyc": "1" },
    [
      "nobody knows the annotation o365sync.dev/snyc; what can be asked for: o365sync.dev/test-connection, o365sync.dev/test-sync, o365sync.dev/approve, o365sync.dev/sync",
    ],
  ],
  [
    "an empty value",
    { "o365sync.dev/sync": "" },
    ["the annotation o365sync.dev/sync is empty and asks for nothing; give it a value"],
  ],
])("%s", (_what, annotations, expected) => {
  expect(notes(annotations)).toEqual(expected);
});

it("no more than ten names are repeated", () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`o365sync.dev/x${index + 10}`, "1"]));
  expect(notes(many)[0]).toContain("o365sync.dev/x19 and 20 more;");
});
