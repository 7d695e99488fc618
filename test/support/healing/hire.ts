/** Somebody whom nobody has seen: the next sync has something to write. */
import type { Stage } from "./row.ts";

let hired = 0;

/** Before the next slot, whenever that comes. A soak plays a row more than once, and an address that two have is nothing new. */
export function hireLater({ world }: Stage, name: string): void {
  world.tenant.company.hire(`${name}.${++hired}@example.com`);
}

export async function hireAtSlot(stage: Stage, name: string): Promise<void> {
  hireLater(stage, name);
  await stage.slot();
}
