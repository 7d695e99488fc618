/** The feed of a tenant that nobody follows: being asked is an error. */
import type { Feed } from "../../src/directory/types.ts";

const unasked = () => Promise.reject(new Error("nobody follows this tenant"));

export const NO_FEED: Feed = { begin: unasked, since: unasked };
