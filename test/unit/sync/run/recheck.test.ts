/** A look at the permissions between runs: what it learned stays known, whatever else it finds. */
import { expect, it } from "vitest";
import { recheck } from "../../../../src/sync/run/runner.ts";
import { createFakeClock } from "../../../support/clock.ts";

const ONE_USER = { users: 1, groups: 0, contacts: 0 };
const DOMAIN = { metadata: { name: "d" }, spec: { domain: "x.test" } };
const DISOWNED = { verifiedHash: "", lastSync: { result: "Failed", reason: "DomainNotInTenant" } };

function look(verified: readonly string[] | undefined, status: object) {
  const directory = {
    authorize: () => Promise.resolve({ missing: [] }),
    verifiedDomains: () => Promise.resolve(verified),
    sample: () => Promise.resolve(ONE_USER),
  };
  const services = { deps: { clock: createFakeClock() }, directories: { connect: () => directory } };
  const spec = { tenantId: "t", sources: { users: true, groups: false, contacts: false } };
  const view = { object: { metadata: { name: "a" }, spec, status }, domain: DOMAIN, access: { connection: {} } };
  return recheck(services as never, view as never, { signal: new AbortController().signal } as never);
}

it("says that the token carries all, also where the domain is not the tenant's", async () => {
  const { status, authorized } = await look(["y.test"], { verifiedHash: "h" });
  expect([status.verifiedHash, authorized?.status]).toEqual(["", "True"]);
});

it("says that the domain is the tenant's again", async () => {
  const { status } = await look(["x.test"], DISOWNED);
  expect(status.verifiedHash).toHaveLength(16);
});
