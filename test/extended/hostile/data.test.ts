/** Faults of pages, objects and confirmations: well-formed answers that do not say what is there. */
import { describe } from "vitest";
import { DATA_FAULTS } from "../../support/hostile/data-faults.ts";
import { tellFaults } from "../../support/hostile/story.ts";

describe("A tenant with a fault in its data:", () => {
  tellFaults(DATA_FAULTS);
});
