/** A sound manifest and a sound record, for tests that make others of them. */
import { type Manifest, serializeManifest } from "../../../../src/publication/manifest.ts";
import type { HistoryRecord } from "../../../../src/publication/run-records.ts";

const HASH = `sha256:${"0".repeat(64)}`;
const BLUEPRINT = {
  revision: HASH,
  domain: "example.com",
  aliasDomains: [{ name: "example.org", recipients: "Mirror" }],
  output: { formats: ["postfix"], shards: 1 },
  retiring: [{ formats: ["cdb"], shards: 2, until: "2026-01-02T00:00:00.000Z" }],
  chunks: 1,
  tenant: "Global 6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10",
} as const;
export const RECORD: HistoryRecord = {
  id: "slot-2026-01-01T00:00:00.000Z",
  synced: "2026-01-01T00:00:00.000Z",
  completed: "2026-01-01T00:00:01.000Z",
  syncedBy: "Schedule (slot 2026-01-01T00:00Z)",
  testSync: false,
  summary: "1 account added",
  trigger: "Schedule",
  result: "Published",
  reason: "Published",
  attempts: 1,
  added: ["a@example.com"],
};

export const SOUND: Manifest = {
  schemaVersion: 1,
  current: {
    ...BLUEPRINT,
    time: "2026-01-01T00:00:00.000Z",
    counts: { accounts: 1, distributionLists: 0, aliases: 0, addresses: 3 },
    accounts: [{ name: "a-accounts-0", sha256: HASH, accounts: 1 }],
    layouts: [
      { formats: ["postfix"], shards: 1, tables: [{ name: "a-recipients", sha256: HASH, addresses: 3, bytes: 70 }] },
    ],
  },
  intent: { target: BLUEPRINT, journal: { sha256: HASH, pieces: ["a-journal-0123456789-0"] }, removedAddresses: 2 },
  removals: [{ time: "2026-01-01T00:00:00.000Z", addresses: 7 }],
  record: RECORD,
  takeovers: 1,
  feed: {
    tenant: BLUEPRINT.tenant,
    links: { users: "https://graph.microsoft.com/v1.0/users/delta?$deltatoken=a" },
    time: "2026-01-01T00:00:00.000Z",
  },
};

export const MANIFEST_TEXT = serializeManifest(SOUND);
