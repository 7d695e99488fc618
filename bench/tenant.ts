/** The simulated cloud as the bench uses it. */
import { type Child, startChild } from "./child.ts";
import type { Shape } from "./company.ts";

export interface TenantOrder {
  readonly tenants?: readonly (readonly [tenantId: string, shape: Shape])[];
  readonly latencyMs?: number;
  /** Begin to count anew. */
  readonly reset?: boolean;
}

/** What was asked since the last reset. */
export interface TenantReport {
  /** By kind: token, organization, users, groups, contacts, members, delta. */
  readonly requests: Record<string, number>;
  readonly byTenant: Record<string, number>;
  resourceUnits: number;
  /** Of answers, as they went over the wire. */
  bytes: number;
}

export interface Cloud {
  /** Of Entra and Graph. */
  readonly origin: string;
  /** Answers what was counted before the order. */
  order(order: TenantOrder): Promise<TenantReport>;
  close(): void;
}

export async function startCloud(): Promise<Cloud> {
  const { child, hello }: Child<{ port: number }> = await startChild("tenant-process.ts");
  return {
    origin: `https://localhost:${hello.port}`,
    order: (order) =>
      new Promise((resolve) => {
        child.once("message", (report) => resolve(report as TenantReport));
        child.send(order);
      }),
    close: () => child.disconnect(),
  };
}
