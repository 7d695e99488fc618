/** The three collections of Graph that hold recipients. */
import type { Source } from "../recipients/model.ts";
import type { Operation } from "./errors.ts";

export const SOURCES: readonly Source[] = ["users", "groups", "contacts"];

export const LIST_OPERATION: Readonly<Record<Source, Operation>> = {
  users: "listUsers",
  groups: "listGroups",
  contacts: "listContacts",
};
