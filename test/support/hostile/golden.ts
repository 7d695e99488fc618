/** Where the golden descriptions are kept: of each fault of the tenant, and of what goes wrong in the cluster. */
import { expect } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import type { World } from "../world.ts";
import { describeSync } from "./describe.ts";
import type { TenantFault } from "./tenant-fault.ts";

const FOLDER = new URL("../../data/describe/", import.meta.url).pathname;
export const TENANT_GOLDEN = `${FOLDER}tenant/`;

const fileNameOf = (name: string): string => `${name.replaceAll(/[^a-z0-9]+/gi, "-").toLowerCase()}.txt`;

export const fileOf = ({ name }: TenantFault): string => fileNameOf(name);

/** Compares what people see of the object with what is kept; events come when they come, and are left out. */
export async function expectDescribed(world: World, sync: O365Sync, fault: string): Promise<void> {
  await expect(describeSync(world, sync, [])).toMatchFileSnapshot(`${FOLDER}cluster/${fileNameOf(fault)}`);
}
