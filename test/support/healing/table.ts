/** Every row of the table in docs/reliability.md. */
import { cluster } from "./cluster.ts";
import { configMaps, damage } from "./configmaps.ts";
import { objects } from "./objects.ts";
import { operator } from "./operator.ts";
import type { Chapter } from "./row.ts";
import { credentials, tenant } from "./tenant.ts";

export const CHAPTERS: readonly Chapter[] = [configMaps, damage, cluster, credentials, tenant, objects, operator];
