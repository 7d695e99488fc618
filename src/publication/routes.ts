/** Keeps a table standing until its domain is no longer routed: mail for a routed domain without a table is refused. */

import { routingName } from "../api/names.ts";
import type { O365Sync } from "../api/types.generated.ts";
import type { Deps } from "../base/deps.ts";
import { Failure } from "../base/failure.ts";
import { parseRelayDomains, RELAY_DOMAINS_KEY } from "../recipients/tables/routing.ts";
import { find } from "../runtime/find.ts";
import { CONFIG_MAP } from "../runtime/kube.ts";
import type { Client } from "../runtime/types.ts";
import { namesWithTables, type Publication } from "./manifest.ts";

const POLL_MS = 250;
const PATIENCE_MS = 15_000;

export interface Routes {
  /** Resolves when no domain is routed whose table `next` takes away; throws Failure (retry) when that takes too long. */
  untilWithdrawn(
    object: O365Sync,
    current: Publication | undefined,
    next: Omit<Publication, "time">,
    signal: AbortSignal,
  ): Promise<void>;
}

export function createRoutes(client: Client, { clock }: Deps): Routes {
  async function routed(object: O365Sync, signal: AbortSignal): Promise<readonly string[]> {
    const key = { namespace: object.metadata.namespace ?? "", name: routingName(object.spec.domainRef.name) };
    const found = await find(client, CONFIG_MAP, key, { signal });
    return parseRelayDomains(found?.data?.[RELAY_DOMAINS_KEY]);
  }

  return {
    async untilWithdrawn(object, current, next, signal) {
      const staying = new Set(namesWithTables(next, clock.now()));
      // Without a manifest nobody knows what stands: whatever is routed may lose its table.
      const now = current === undefined ? await routed(object, signal) : standing(current);
      const leaving = now.filter((name) => !staying.has(name));
      if (leaving.length === 0) return;
      const deadline = clock.now() + PATIENCE_MS;
      while ((await routed(object, signal)).some((name) => leaving.includes(name))) {
        if (clock.now() >= deadline) throw stillRouted(leaving);
        await clock.sleep(POLL_MS, signal);
      }
    },
  };
}

/** Until the publication goes, its tables stand, also retired ones whose time is over. */
const standing = (current: Publication | undefined): string[] => namesWithTables(current, 0);

function stillRouted(names: readonly string[]): Failure {
  return new Failure(
    "retry",
    "DomainStillRouted",
    `the routing ConfigMap still lists ${names.join(", ")}, whose table would go away; nothing was saved`,
  );
}
