/** Faults that show only when a request takes too long. */
import { all, always, type TenantFault } from "./tenant-fault.ts";

export const HANG_FAULTS: readonly TenantFault[] = [
  {
    name: "graph: no answer",
    arrange: always("users", { kind: "hang" }),
    outcome: { failed: "Timeout" },
    says: ["listing users", "no answer in time", "NetworkPolicy"],
  },
  {
    name: "token: no answer",
    arrange: always("token", { kind: "hang" }),
    outcome: { failed: "Timeout" },
    says: ["no answer in time", "NetworkPolicy"],
  },
  {
    name: "graph: a body that trickles",
    arrange: always("users", { kind: "trickle", ms: 100 }, { from: 2 }),
    outcome: { failed: "Timeout" },
    says: ["listing users", "no answer in time"],
  },
  {
    name: "confirmation: no answer",
    arrange: (tenant) => {
      const [first] = tenant.company.users.values();
      const undo = [
        tenant.fault({ on: "users", effect: { kind: "lose", lose: ({ id }) => id === first?.id } }),
        tenant.fault({ on: "batch", effect: { kind: "hang" } }),
      ];
      return all(undo);
    },
    outcome: { failed: "Timeout" },
    says: ["confirming removals", "no answer in time"],
  },
];
