/** Runs and what their mails must tell, for the tests of report, text and HTML. */
import type { ReportInput, RunRecord } from "../../../src/notify/report.ts";

const RECORD: RunRecord = {
  synced: "2026-11-24T06:00:00.000Z",
  completed: "2026-11-24T06:00:12.400Z",
  syncedBy: "Schedule (slot 2026-11-24T06:00Z)",
  testSync: false,
  message: "2 accounts added, 1 alias removed; the gateway stops accepting 1 address",
  result: "Published",
  reason: "Published",
  attempts: 1,
  read: { users: 1240, groups: 85, contacts: 12, requests: 5 },
  changes: { accountAdds: 2, accountDeletes: 0, aliasAdds: 0, aliasDeletes: 1, total: 3 },
  added: ["nora.novak@example.com", "otto.olsen@example.com"],
  removed: ["old@example.com"],
};

export function inputOf(record: Partial<RunRecord> = {}, input: Partial<ReportInput> = {}): ReportInput {
  return {
    record: { ...RECORD, ...record },
    domain: "example.com",
    namespace: "mail",
    name: "example-com",
    published: { accounts: 1337, aliases: 420, addresses: 1760, time: "2026-11-24T06:00:12.000Z" },
    recovered: false,
    commands: [],
    next: "2026-11-24 18:30:00 UTC (06:00, 18:30 Europe/Berlin)",
    ...input,
  };
}

export const HELD = inputOf(
  {
    message:
      "deletionGuard allows 133 addresses to be refused from now on (10 % of 1337, or 10), the plan makes it 160; operationsLimit.accountDeletes allows 20, the plan has 160",
    result: "Held",
    reason: "DeletionGuard",
    changes: { accountAdds: 0, accountDeletes: 160, aliasAdds: 0, aliasDeletes: 0, total: 160 },
    violations: [
      { limit: "deletionGuard", allowed: 133, actual: 160 },
      { limit: "operationsLimit.accountDeletes", allowed: 20, actual: 160 },
    ],
    added: [],
    removed: Array.from({ length: 100 }, (_, index) => `person${String(index).padStart(3, "0")}@example.com`),
  },
  {
    commands: [
      {
        title: "To let exactly this plan through, once",
        command:
          "kubectl -n mail annotate o365syncs.o365sync.dev/example-com o365sync.dev/approve=0123456789abcdef0123 --overwrite",
      },
      {
        title: "To see the whole plan",
        command: "kubectl -n mail get configmap example-com-plan -o jsonpath='{.data.plan\\.txt}'",
      },
    ],
  },
);

/** A rule that asks for some at least (issue 17, point 17: a floor was shown as a ceiling). */
export const EMPTY = inputOf({
  message: "the tenant has no account of this domain",
  result: "Held",
  reason: "EmptyResult",
  violations: [{ limit: "tenant accounts", allowed: 1, actual: 0 }],
});

export const FAILED = inputOf(
  {
    message:
      "listing users was refused (HTTP 503, serviceNotAvailable, request-id 6f1c0f2e): Microsoft 365 has trouble of its own; it is tried again",
    result: "Failed",
    reason: "ServiceUnavailable",
  },
  { next: "tried again by itself, 2026-11-24 06:03:10 UTC at the latest" },
);

const { changes: _changes, read: _read, added: _added, removed: _removed, ...BARE } = RECORD;
const UNCHANGED: Partial<RunRecord> = {
  result: "Unchanged",
  reason: "Unchanged",
  message: "nothing changed",
  changes: { accountAdds: 0, accountDeletes: 0, aliasAdds: 0, aliasDeletes: 0, total: 0 },
  added: [],
  removed: [],
};

export const CASES: readonly (readonly [name: string, input: ReportInput, subject: string])[] = [
  ["a publication", inputOf(), "[o365-sync] example.com: a new list is published (+2 -1)"],
  ["a held plan", HELD, "[o365-sync] example.com: held, nothing was saved (160 addresses refused, 133 allowed)"],
  ["an empty tenant", EMPTY, "[o365-sync] example.com: held, nothing was saved (+2 -1)"],
  [
    "a run whose details nobody vouches for",
    { ...inputOf({}, { leftOut: "are left out" }), record: BARE },
    "[o365-sync] example.com: a new list is published",
  ],
  ["a failure", FAILED, "[o365-sync] example.com: the sync failed (ServiceUnavailable)"],
  [
    "a recovery",
    inputOf({ ...UNCHANGED, attempts: 7 }, { recovered: true }),
    "[o365-sync] example.com: works again, nothing changed",
  ],
  [
    "a test sync",
    inputOf({ testSync: true, request: "testSync", result: "Succeeded", reason: "Succeeded" }),
    "[o365-sync] example.com: test sync, nothing was published (+2 -1)",
  ],
  [
    "hostile text",
    inputOf({
      message: `<script>alert("1")</script> & 'quotes'`,
      syncedBy: `Manual (1, field manager "><img src=x onerror=alert(1)>, not authenticated)`,
      added: ["o'neil+<b>@example.com"],
    }),
    "[o365-sync] example.com: a new list is published (+2 -1)",
  ],
];
