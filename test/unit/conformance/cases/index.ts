/** Conversations with an API server: what the operator, the tests and people ask of it. */
import { BAD_INPUT } from "./bad-input.ts";
import { DELETION, UPDATES } from "./changes.ts";
import { CREATION } from "./creation.ts";
import { READING, WATCHES } from "./reading.ts";
import type { Case } from "./requests.ts";
import { DISCOVERY, RUNTIME } from "./runtime.ts";

export const CASES: readonly Case[] = [
  ...BAD_INPUT,
  ...CREATION,
  ...UPDATES,
  ...DELETION,
  ...READING,
  ...WATCHES,
  ...RUNTIME,
  ...DISCOVERY,
];
