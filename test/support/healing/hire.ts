/** Somebody whom nobody has seen: the next sync has something to write. */
import type { Stage } from "./row.ts";

let hired = 0;

/** A soak plays a row more than once, and an address that two have is nothing new. */
export async function hireAtSlot({ world, slot }: Stage, name: string): Promise<void> {
  world.tenant.company.hire(`${name}.${++hired}@example.com`);
  await slot();
}
