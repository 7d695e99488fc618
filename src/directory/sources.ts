/** The three collections of Graph that hold recipients, and what is done with them. */
import type { Source } from "../recipients/model.ts";

/** What is being done, in words that a person reads; bounded in number, so that metrics can carry it. */
export type Operation =
  | "obtaining a token"
  | "listing users"
  | "listing groups"
  | "listing contacts"
  | "following users"
  | "following groups"
  | "following contacts"
  | "reading the organization"
  | "confirming removals";

export const LISTING: Readonly<Record<Source, Operation>> = {
  users: "listing users",
  groups: "listing groups",
  contacts: "listing contacts",
};

export const FOLLOWING: Readonly<Record<Source, Operation>> = {
  users: "following users",
  groups: "following groups",
  contacts: "following contacts",
};

/** What decides about mail, and nothing else. */
export const SELECT: Readonly<Record<Source, string>> = {
  users: "id,mail,proxyAddresses",
  groups: "id,mail,mailEnabled,proxyAddresses",
  contacts: "id,mail,proxyAddresses",
};

/** Of one object, asked for by its id: also when it was made, where its kind says so. */
export const SELECT_BY_ID: Readonly<Record<Source, string>> = {
  users: `${SELECT.users},createdDateTime`,
  groups: `${SELECT.groups},createdDateTime`,
  contacts: SELECT.contacts,
};

/** Only groups have members that are no recipients at all and can be left to the server. */
export const FILTER: Readonly<Partial<Record<Source, string>>> = { groups: "mailEnabled eq true" };
