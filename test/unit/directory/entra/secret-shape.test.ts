/** A client secret that Entra refuses: its shape is told, and not a character of it (issue 18, point 7). */
import { describe, expect, it } from "vitest";
import { shapeOf } from "../../../../src/directory/entra/secret-shape.ts";
import { SECRET, SECRET_SHAPES, tellsTheSecret } from "../../../support/secret-shapes.ts";

describe("The shape of a refused client secret", () => {
  it.each(SECRET_SHAPES)("is told: $what ($source)", ({ bytes, told }) => {
    const shape = shapeOf(bytes.toString("utf8")) ?? "";
    expect(shape).toMatch(told);
    expect(tellsTheSecret(shape)).toBe(false);
  });

  it("is nothing to speak of where it looks like any other", () => {
    expect(shapeOf(SECRET)).toBeUndefined();
  });
});
