/** A process that may die at any call to the API server. */
import type { Client } from "../../src/runtime/types.ts";

export class Died extends Error {}

export interface Mortal {
  readonly client: Client;
  /** The process dies at the `calls`th call from now, before or after it was carried out. */
  dieAt(calls: number, when: "before" | "after"): void;
  readonly isDead: boolean;
}

/** One process's way to the API server. */
export function createMortal(client: Client): Mortal {
  let left = Number.POSITIVE_INFINITY;
  let when: "before" | "after" = "before";
  let isDead = false;
  const through = async (call: () => Promise<unknown>): Promise<unknown> => {
    left--;
    isDead ||= left === 0;
    if (isDead && (left < 0 || when === "before")) throw new Died();
    const answer = await call();
    if (isDead) throw new Died();
    return answer;
  };
  const verbs = ["get", "create", "replace", "patch", "delete"] as const;
  const mortal = verbs.map((verb) => {
    const call = client[verb] as (...args: unknown[]) => Promise<unknown>;
    return [verb, (...args: unknown[]) => through(() => call(...args))];
  });
  return {
    client: { ...client, ...(Object.fromEntries(mortal) as Partial<Client>) },
    dieAt(calls, moment) {
      left = calls;
      when = moment;
    },
    get isDead() {
      return isDead;
    },
  };
}
