/** All of them. */
import type { Mistake } from "./mistake.ts";
import { PAGES } from "./pages.ts";
import { RUNBOOKS } from "./runbooks.ts";

export const MISTAKES: readonly Mistake[] = [...PAGES, ...RUNBOOKS];
