/** Where the golden description of a fault is kept. */
import type { TenantFault } from "./tenant-fault.ts";

export const GOLDEN = new URL("../../data/describe/", import.meta.url).pathname;

export const fileOf = ({ name }: TenantFault): string => `${name.replaceAll(/[^a-z0-9]+/gi, "-").toLowerCase()}.txt`;
