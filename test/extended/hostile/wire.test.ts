/** Faults of tokens and of whole answers. Golden descriptions: `npx vitest run --project extended test/hostile -u` writes them anew. */
import { describe } from "vitest";
import { GRAPH_FAULTS } from "../../support/hostile/graph-faults.ts";
import { tellFaults } from "../../support/hostile/story.ts";
import { TOKEN_FAULTS } from "../../support/hostile/token-faults.ts";

describe("A tenant with a fault on the wire:", () => {
  tellFaults([...TOKEN_FAULTS, ...GRAPH_FAULTS]);
});
