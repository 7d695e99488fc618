import { describe, expect, it } from "vitest";
import { folded } from "../../../dev/demo/width.ts";

const WIDTH = 40;
const APPROVE = "kubectl -n mail annotate o365syncs.o365sync.dev/example-com o365sync.dev/approve=a320da9f --overwrite";

describe("What the demo tells", () => {
  it.each([APPROVE, `  ${APPROVE}`, `to let it through: ${APPROVE}`])("keeps a command whole: %s", (line) => {
    expect(folded(line, WIDTH)).toEqual([line]);
  });

  it.each(["word ".repeat(30).trim(), "x".repeat(100), "what kubectl shows is told in a line that is long"])(
    "fits the terminal: %s",
    (line) => {
      for (const each of folded(line, WIDTH)) expect(each.length).toBeLessThanOrEqual(WIDTH);
    },
  );
});
