/** Faults that show only when a request takes too long; here that is soon, and it waits all the same. */
import { describe } from "vitest";
import { HANG_FAULTS } from "../../support/hostile/hang-faults.ts";
import { tellFaults } from "../../support/hostile/story.ts";

describe("A tenant that takes its time:", () => {
  tellFaults(HANG_FAULTS, { tenantTimeoutMs: 1500 });
});
