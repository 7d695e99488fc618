/** The three collections of Graph that hold recipients. */
import type { Source } from "../recipients/model.ts";
import type { Operation } from "./errors.ts";

export const SOURCES: readonly Source[] = ["users", "groups", "contacts"];

export const LISTING: Readonly<Record<Source, Operation>> = {
  users: "listing users",
  groups: "listing groups",
  contacts: "listing contacts",
};

/** What decides about mail, and nothing else. */
export const SELECT: Readonly<Record<Source, string>> = {
  users: "id,mail,proxyAddresses",
  groups: "id,mail,mailEnabled,proxyAddresses",
  contacts: "id,mail,proxyAddresses",
};
