/** Which application permissions of Microsoft Graph each source needs, and which of them a token lacks. */
import type { Source } from "../recipients/model.ts";
import { SOURCES } from "../recipients/model.ts";
import type { EnabledSources } from "./types.ts";

/**
 * Least permission first, then broader ones that contain it for our requests.
 * Source: the permissions.json of microsoftgraph/microsoft-graph-devx-content, "Application" scheme, without those that
 * do not carry mail addresses (*.ReadBasic.All) or belong to another product.
 */
const SUFFICIENT_ROLES: Readonly<Record<Source, readonly [string, ...string[]]>> = {
  users: ["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
  groups: [
    "GroupMember.Read.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
  ],
  contacts: ["OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"],
};

/** The least permission of a source, by which messages name it. */
export function leastRole(source: Source): string {
  return SUFFICIENT_ROLES[source][0];
}

/** Least permissions of the enabled sources that `roles` neither name nor contain. */
export function missingRoles(roles: readonly string[], sources: EnabledSources): string[] {
  return SOURCES.filter(
    (source) => sources[source] && !SUFFICIENT_ROLES[source].some((role) => roles.includes(role)),
  ).map(leastRole);
}

/** Roles that are known to show the addresses of groups; whether GroupMember.Read.All does is told differently. */
const SHOW_GROUP_ADDRESSES = SUFFICIENT_ROLES.groups.filter((role) => role !== SUFFICIENT_ROLES.groups[0]);

export const showsGroupAddresses = (roles: readonly string[]): boolean =>
  SHOW_GROUP_ADDRESSES.some((role) => roles.includes(role));
