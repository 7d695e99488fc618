/** What is told of every O365Sync and MailDomain, as gauges. */

import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { LARGEST_BYTES } from "../recipients/tables/render.ts";
import type { Condition } from "../runtime/kube.ts";

/** Values with their own labels, as they are written; nothing where an object has no such fact. */
export type Values = readonly (readonly [value: number, labels?: string])[];

export interface ObjectGauge {
  readonly name: string;
  readonly help: string;
  readonly sync?: (object: O365Sync) => Values;
  readonly domain?: (object: MailDomain) => Values;
}

const fact = (value: number | undefined): Values => (value === undefined ? [] : [[value]]);
const seconds = (time: string | undefined): Values => fact(time === undefined ? undefined : Date.parse(time) / 1000);

const DAY_MINUTES = 24 * 60;

/** The longest time between two slots, in seconds: what "overdue" is measured by. */
function longestInterval(times: readonly string[]): number | undefined {
  const minutes = times.map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))).sort((a, b) => a - b);
  const [first] = minutes;
  if (first === undefined) return undefined;
  const gaps = minutes.map((time, index) => (minutes[index + 1] ?? first + DAY_MINUTES) - time);
  return Math.max(...gaps) * 60;
}

const STATUSES = ["True", "False", "Unknown"];

const ADDITIONS = ["Current", "Behind", "Limited", "Waiting"];

function conditions(kind: string, found: readonly Condition[] = []): Values {
  return found.flatMap(({ type, status }) =>
    STATUSES.map((value) => [value === status ? 1 : 0, `kind="${kind}",type="${type}",status="${value}"`] as const),
  );
}

export const OBJECT_GAUGES: readonly ObjectGauge[] = [
  {
    name: "o365sync_info",
    help: "One for each O365Sync, with what it is and the reason of its Ready; always 1.",
    sync: ({ spec, status }) => {
      const reason = status?.conditions?.find(({ type }) => type === "Ready")?.reason ?? "";
      const what = `domain="${status?.domain ?? ""}",cloud="${spec.cloud}"`;
      return [
        [1, `${what},suspended="${spec.suspend}",automatic="${spec.schedule.enabled}",reason="${escaped(reason)}"`],
      ];
    },
  },
  {
    name: "o365sync_condition",
    help: "Conditions of O365Syncs and MailDomains: 1 for the status that holds, 0 for the others.",
    sync: ({ status }) => conditions("O365Sync", status?.conditions),
    domain: ({ status }) => conditions("MailDomain", status?.conditions),
  },
  {
    name: "o365sync_created_timestamp_seconds",
    help: "When the O365Sync was created.",
    sync: ({ metadata }) => seconds(metadata.creationTimestamp),
  },
  {
    name: "o365sync_last_success_timestamp_seconds",
    help: "When the published list was last confirmed against the tenant.",
    sync: ({ status }) => seconds(status?.lastSuccessfulTime),
  },
  {
    name: "o365sync_last_attempt_timestamp_seconds",
    help: "When the last run that was not a test began.",
    sync: ({ status }) => seconds(status?.lastSync?.startTime),
  },
  {
    name: "o365sync_next_slot_timestamp_seconds",
    help: "When the next slot is; absent while automatic sync is off.",
    sync: ({ status }) => seconds(status?.schedule?.nextTime),
  },
  {
    name: "o365sync_schedule_interval_seconds",
    help: "The longest time between two slots; absent while automatic sync is off.",
    sync: ({ status }) => fact(longestInterval(status?.schedule?.times ?? [])),
  },
  {
    name: "o365sync_additions_state",
    help: "How additions between syncs fare: 1 for the state that holds, 0 for the others; absent while they are off.",
    sync: ({ status }) =>
      status?.additions === undefined
        ? []
        : ADDITIONS.map((state) => [state === status.additions?.state ? 1 : 0, `state="${state}"`] as const),
  },
  {
    name: "o365sync_missed_slots",
    help: "Slots that were missed since the object was created.",
    sync: ({ status }) => fact(status?.schedule?.missedSlots),
  },
  {
    name: "o365sync_credential_expiry_timestamp_seconds",
    help: "When the certificate that proves the app ends; absent for credentials whose end only Entra knows.",
    sync: ({ status }) => seconds(status?.credentialExpiryTime),
  },
  {
    name: "o365sync_published_accounts",
    help: "Published accounts, distribution lists included.",
    sync: ({ status }) => fact(status?.published?.accounts),
  },
  {
    name: "o365sync_published_aliases",
    help: "Published aliases.",
    sync: ({ status }) => fact(status?.published?.aliases),
  },
  {
    name: "o365sync_published_addresses",
    help: "Addresses that a gateway accepts.",
    sync: ({ status }) => fact(status?.published?.addresses),
  },
  {
    name: "o365sync_published_shards",
    help: "ConfigMaps that the tables are spread over.",
    sync: ({ status }) => fact(status?.published?.shards),
  },
  {
    name: "o365sync_published_bytes",
    help: "Size of all tables.",
    sync: ({ status }) => fact(status?.published?.bytes),
  },
  {
    name: "o365sync_published_shard_usage_ratio",
    help: "How full the fullest ConfigMap of the tables is; at 1 nothing more can be published.",
    sync: ({ status }) => {
      const largest = status?.published?.largestShardBytes;
      return fact(largest === undefined ? undefined : largest / LARGEST_BYTES);
    },
  },
  {
    name: "o365sync_held",
    help: "Whether a plan is held: 1 or 0.",
    sync: ({ status }) => fact(status?.held === undefined ? 0 : 1),
  },
  {
    name: "o365sync_notifications_pending",
    help: "Mails that are owed.",
    sync: ({ status }) => fact(status?.notifications?.pending?.length ?? 0),
  },
];

const escaped = (value: string): string =>
  /[\\"\n]/.test(value) ? value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n") : value;
