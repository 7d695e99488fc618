/** The shapes of what stands in ConfigMaps, with a bound on everything: whoever can write there can write anything. */
import * as v from "valibot";
import type { JsonLimits } from "../base/bounded-json.ts";
import { isInstant } from "../base/time.ts";
import { ADDRESSES_KEPT, type HistoryRecord, LOSERS_KEPT } from "./run-records.ts";

/** A ConfigMap holds no more than a mebibyte; a manifest of 128 shards in eight layouts has some 10,000 values. */
export const FILE_LIMITS: JsonLimits = { characters: 1024 * 1024, values: 100_000, depth: 16 };

/** No list that this operator can publish has more. */
const MOST_ADDRESSES = 100_000_000;

export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MOST_ADDRESSES));
export const line = (longest: number) => v.pipe(v.string(), v.maxLength(longest));
export const word = (longest: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(longest));
export const listOf = <T extends v.GenericSchema>(entry: T, most: number) => v.pipe(v.array(entry), v.maxLength(most));

/** RFC 3339, as `toISOString` writes it. */
export const time = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/),
  v.check(isInstant),
);
export const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/));
/** Of an object, or of a domain. */
export const name = v.pipe(v.string(), v.maxLength(253), v.regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/));

const changes = v.object({
  accountAdds: count,
  accountDeletes: count,
  aliasAdds: count,
  aliasDeletes: count,
  total: count,
});

const addresses = listOf(word(320), ADDRESSES_KEPT);
const objectId = word(512);
const contested = v.object({ address: word(320), keptBy: objectId, lostBy: listOf(objectId, LOSERS_KEPT) });
const LONGEST_SENTENCE = 32 * 1024;

export const historyRecord: v.GenericSchema<unknown, HistoryRecord> = v.object({
  id: word(128),
  synced: time,
  completed: time,
  syncedBy: word(1024),
  testSync: v.boolean(),
  summary: line(LONGEST_SENTENCE),
  trigger: v.picklist([
    "Schedule",
    "Manual",
    "Initial",
    "SpecChange",
    "DomainChange",
    "Repair",
    "Approval",
    "Additions",
  ]),
  request: v.exactOptional(v.picklist(["sync", "testSync", "testConnection", "approve"])),
  token: v.exactOptional(word(128)),
  result: v.picklist(["Published", "Unchanged", "Held", "Failed", "Succeeded"]),
  reason: v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/)),
  attempts: count,
  read: v.exactOptional(v.object({ users: count, groups: count, contacts: count, requests: count })),
  changes: v.exactOptional(changes),
  violations: v.exactOptional(listOf(v.object({ limit: word(128), allowed: count, actual: count }), 32)),
  plan: v.exactOptional(v.object({ digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{20}$/)), approvable: v.boolean() })),
  dropped: v.exactOptional(v.pipe(v.record(word(64), count), v.maxEntries(32))),
  conflicts: v.exactOptional(count),
  added: v.exactOptional(addresses),
  removed: v.exactOptional(addresses),
  contested: v.exactOptional(listOf(contested, ADDRESSES_KEPT)),
  conflictAddresses: v.exactOptional(addresses),
  changesIn: v.exactOptional(v.object({ configMap: name, key: word(64), cut: count })),
  cut: v.exactOptional(v.object({ added: count, removed: count, contested: count })),
});
