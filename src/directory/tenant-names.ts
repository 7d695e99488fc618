/** Which tenant a name stands for: one tenant may be named by its GUID and by each of its domains. */
import type { Connection } from "./types.ts";

/** A tenant as an object names it. */
type Named = Pick<Connection, "cloud" | "tenantId">;

export interface TenantNames {
  /** A token that was asked for by this name is for this tenant. */
  learn(name: Named, tenant: string | undefined): void;
  /**
   * The same for all that read one tenant. Names that nobody knows yet are one group for each namespace, so that many names
   * of one tenant gain nothing.
   */
  groupOf(name: Named, namespace: string): string;
}

/** Beyond that the one that was learned first is learned again. */
const MOST_NAMES = 10_000;

export const isTenantId = (name: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name);

export function createTenantNames(): TenantNames {
  const known = new Map<string, string>();
  const keyOf = ({ cloud, tenantId }: Named): string => `${cloud} ${tenantId.toLowerCase()}`;
  return {
    learn(name, tenant) {
      if (tenant === undefined || isTenantId(name.tenantId)) return;
      known.set(keyOf(name), tenant);
      const [oldest] = known.keys();
      if (known.size > MOST_NAMES && oldest !== undefined) known.delete(oldest);
    },
    groupOf(name, namespace) {
      if (isTenantId(name.tenantId)) return keyOf(name);
      const tenant = known.get(keyOf(name));
      return tenant === undefined ? `unknown, asked for from ${namespace}` : `${name.cloud} ${tenant}`;
    },
  };
}
