/** Faults that show only when a request takes too long; here that is soon. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DATA_FAULTS } from "./support/data-faults.ts";
import { GRAPH_FAULTS } from "./support/graph-faults.ts";
import { HANG_FAULTS } from "./support/hang-faults.ts";
import { fileOf, GOLDEN, tellFaults } from "./support/story.ts";
import { TOKEN_FAULTS } from "./support/token-faults.ts";

describe("A tenant that takes its time:", () => {
  tellFaults(HANG_FAULTS, { tenantTimeoutMs: 400 });
});

it("every fault of the tables has one golden description, and no other is kept", () => {
  const faults = [...TOKEN_FAULTS, ...GRAPH_FAULTS, ...DATA_FAULTS, ...HANG_FAULTS];
  expect(readdirSync(GOLDEN).toSorted()).toEqual(faults.map(fileOf).toSorted());
});
