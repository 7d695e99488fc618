import type { Account } from "./model.ts";

/** One account as a line of `accounts.jsonl`, without its end; byte-stable. */
export function accountLine({ id, address, type, aliases }: Account): string {
  return JSON.stringify({ id, address, type, aliases });
}
