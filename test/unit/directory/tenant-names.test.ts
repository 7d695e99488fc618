/** One tenant is one, by whatever name an object calls it. */
import { describe, expect, it } from "vitest";
import { createTenantNames } from "../../../src/directory/tenant-names.ts";

const ID = "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10";
const global = (tenantId: string) => ({ cloud: "Global", tenantId }) as const;

describe("A tenant that is named by its GUID and by each of its domains (13)", () => {
  it("is one group, once a token has told whose the names are", () => {
    const tenants = createTenantNames();
    for (const name of ["example.com", "example.net"]) tenants.learn(global(name), ID);
    const groups = [ID, ID.toUpperCase(), "example.com", "Example.net"].map((name) =>
      tenants.groupOf(global(name), "mail"),
    );
    expect(new Set(groups).size).toBe(1);
  });

  it("is one group with all unknown names of the namespace before that", () => {
    const tenants = createTenantNames();
    const groups = Array.from({ length: 50 }, (_, index) => tenants.groupOf(global(`d${index}.example`), "evil"));
    expect(new Set(groups).size).toBe(1);
    expect(groups).not.toContain(tenants.groupOf(global("example.com"), "mail"));
  });

  it("is another in another cloud", () => {
    const tenants = createTenantNames();
    expect(tenants.groupOf({ cloud: "China", tenantId: ID }, "mail")).not.toBe(tenants.groupOf(global(ID), "mail"));
  });

  it("cannot be named for another by a token of a GUID", () => {
    const tenants = createTenantNames();
    const other = "99999999-aaaa-4bbb-8ccc-dddddddddddd";
    tenants.learn(global(other), ID);
    expect(tenants.groupOf(global(other), "mail")).not.toBe(tenants.groupOf(global(ID), "mail"));
  });
});
