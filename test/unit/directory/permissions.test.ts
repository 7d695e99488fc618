import { describe, expect, it } from "vitest";
import { missingRoles } from "../../../src/directory/permissions.ts";

const ALL = { users: true, groups: true, contacts: true };

describe("missing permissions", () => {
  it.each([
    { roles: [], sources: ALL, missing: ["User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All"] },
    { roles: ["User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All"], sources: ALL, missing: [] },
    { roles: ["Directory.Read.All"], sources: ALL, missing: [] },
    { roles: ["User.Read.All"], sources: { ...ALL, groups: false, contacts: false }, missing: [] },
    { roles: ["Group.Read.All"], sources: ALL, missing: ["User.Read.All", "OrgContact.Read.All"] },
    // They do not show mail addresses.
    {
      roles: ["User.ReadBasic.All", "Group.ReadBasic.All"],
      sources: { ...ALL, contacts: false },
      missing: ["User.Read.All", "GroupMember.Read.All"],
    },
    { roles: ["user.read.all"], sources: { users: true, groups: false, contacts: false }, missing: ["User.Read.All"] },
  ])("of $roles are $missing", ({ roles, sources, missing }) => {
    expect(missingRoles(roles, sources)).toEqual(missing);
  });
});
