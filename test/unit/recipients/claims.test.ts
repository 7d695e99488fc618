/** Who gets an address that stands on several objects: the table of the comparator, line by line (issue 20, point 2). */
import { describe, expect, it } from "vitest";
import { type Claim, compareClaims } from "../../../src/recipients/claims.ts";

const claim = (id: string, source: Claim["source"], isPrimary = false): Claim => ({ id, source, isPrimary });

describe("A contested address goes to", () => {
  it.each<[what: string, winner: Claim, loser: Claim]>([
    ["the one whose primary it is, also to a contact before a user", claim("9", "contacts", true), claim("1", "users")],
    ["the user before the group", claim("9", "users"), claim("1", "groups")],
    ["the group before the contact", claim("9", "groups"), claim("1", "contacts")],
    ["the user, where it is the primary of both", claim("9", "users", true), claim("1", "groups", true)],
    ["the lower id, where nothing else tells them apart", claim("1", "users"), claim("2", "users")],
    ["the lower id by code point", claim("10", "users"), claim("9", "users")],
  ])("%s", (_, winner, loser) => {
    expect(compareClaims(winner, loser)).toBeLessThan(0);
    expect(compareClaims(loser, winner)).toBeGreaterThan(0);
    expect(compareClaims(winner, winner)).toBe(0);
  });
});
