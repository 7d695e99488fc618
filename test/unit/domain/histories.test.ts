/**
 * Random histories of specs beside those of a tenant: names move between MailDomains, objects of both kinds are renamed,
 * deleted and made again, shards, formats, servers and deletion policies change, manifests and accounts are lost or damaged,
 * held plans are approved, processes die. No address that the tenant has throughout, and that some MailDomain asks for
 * throughout, is ever refused once it was accepted, and no table that gateways may mount goes before its day.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { play, step } from "./support/history.ts";

const HISTORIES = process.env["TRIES"] ? Number(process.env["TRIES"]) : process.env["CI_DEPTH"] === "full" ? 3_000 : 20;
const MINUTES_MS = HISTORIES * 10_000;

describe(`${HISTORIES} random histories of specs`, () => {
  it.each([
    ["nothing that was accepted is refused where no plan passes", true],
    ["nothing that is asked for throughout is refused where every plan passes", false],
  ])(
    "%s",
    async (_, strict) => {
      let seen = 0;
      const histories = fc.array(step, { minLength: 4, maxLength: 14 });
      await fc.assert(
        fc.asyncProperty(histories, async (steps) => {
          seen += await play(strict, steps);
        }),
        { numRuns: HISTORIES, endOnFailure: true },
      );
      expect(seen).toBeGreaterThan(HISTORIES);
    },
    MINUTES_MS,
  );
});
