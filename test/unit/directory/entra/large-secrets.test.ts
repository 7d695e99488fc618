/** Who may write Secrets in a namespace puts a mebibyte into one that an O365Sync names: it is looked at in no time. */
import { expect, it } from "vitest";
import { choosePair } from "../../../../src/directory/entra/pem.ts";
import { shapeOf } from "../../../../src/directory/entra/secret-shape.ts";
import { timed } from "../../../support/slices.ts";

const full = (piece: string): string => piece.repeat(Math.floor((1024 * 1024) / piece.length));
/** Of a file, by the thread's clock. A look at each pair of places took minutes. */
const MOST_MS = 50;

it.each([
  ["beginnings without an end", full("-----BEGIN A-----")],
  ["beginnings of many kinds", Array.from({ length: 40_000 }, (_, index) => `-----BEGIN ${index}-----\n`).join("")],
  ["ends without a beginning", full("-----END A-----\n")],
  ["dashes", full("-")],
  ["blanks within a line", `x${full(" ")}x`],
  ["line ends", full("\\n")],
])("No certificate: %s", (_, file) => {
  let kind = "";
  const took = timed(() => {
    ({ kind } = choosePair({ certificate: file, privateKey: file }));
  });
  expect(kind).toBe("unreadable");
  // Two files, of each as much as is looked at.
  expect(took).toBeLessThan(MOST_MS * 2);
});

it.each([
  ["the name of a setting, again and again", full("secret")],
  ["one letter", full("A")],
  ["quotes", full('"')],
])("No client secret: %s", (_, secret) => {
  expect(timed(() => void shapeOf(secret))).toBeLessThan(MOST_MS);
});
