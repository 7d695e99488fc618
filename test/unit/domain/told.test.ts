/** What a MailDomain says of a list that is not there: nothing works where no run is under way (issue 25). */
import { expect, it } from "vitest";
import type { MailDomain, O365Sync } from "../../../src/api/types.generated.ts";
import { verdictOf } from "../../../src/domain/route-verdict.ts";
import { syncSpec } from "../../support/memory-operator.ts";
import { SLOTS } from "../../support/small-world.ts";

const condition = (status: "True" | "False" | "Unknown", reason: string) => ({
  type: "Ready",
  status,
  reason,
  message: "",
  lastTransitionTime: "2026-01-01T00:00:00Z",
});

it.each<[sentence: string, status: O365Sync["status"], spec?: Partial<O365Sync["spec"]>]>([
  ["it was not looked at yet", undefined],
  ["it was not looked at yet", { observedGeneration: -1 }],
  ["its first sync has not begun yet", { conditions: [condition("Unknown", "Progressing")] }],
  [
    "its sync is under way",
    {
      conditions: [condition("Unknown", "Progressing")],
      lastSync: { id: "initial-1", trigger: "Initial", startTime: "2026-01-01T00:00:00Z", attempts: 1 },
    },
  ],
  ["its condition Ready says Throttled", { conditions: [condition("False", "Throttled")] }],
  ["a sync does, when somebody asks for it", { conditions: [condition("True", "Published")] }],
  ["its next sync does", { conditions: [condition("True", "Published")] }, { schedule: SLOTS }],
  ["it is suspended", { conditions: [condition("True", "Published")] }, { suspend: true }],
])("that an O365Sync has not published: %s", (cure, status, spec = {}) => {
  const metadata = { namespace: "mail", name: "a" };
  const domain: MailDomain = {
    metadata,
    spec: {
      domain: "a.test",
      serverType: "Office365",
      deliveryPort: 25,
      inboundServers: [{ host: "mx.a.test", preference: 10 }],
      deletionPolicy: "Orphan",
    },
  };
  const sync: O365Sync = { metadata, spec: syncSpec("a", spec), ...(status && { status }) };
  const routing = { names: [], claims: [], missing: ["a.test"], waiting: [] };
  const known = { domain, routing, lists: [], conflict: undefined, lastSuccessfulTime: undefined };
  expect(verdictOf({ ...known, syncs: [sync], exists: () => true }).message).toBe(
    `no recipient list is published for a.test, so it is not routed; the O365Sync a has not published it: ${cure}`,
  );
  const another = { sync: "other", names: [], isOwn: false, manifest: undefined };
  expect(verdictOf({ ...known, lists: [another], syncs: [], exists: () => true }).message).toContain(
    "no recipient list is published for a.test, so it is not routed here: the list that stands, of the O365Sync other, was published for another MailDomain; delete this MailDomain if that one is meant, or make an O365Sync with domainRef a and sync it: it begins with that list",
  );
});
