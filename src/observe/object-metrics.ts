/** The state of every O365Sync as gauges, made from the cache at each scrape: an object that is gone leaves nothing behind. */
import { Gauge, type Registry } from "prom-client";
import type { O365Sync } from "../api/types.generated.ts";
import type { Store } from "../runtime/types.ts";

interface ObjectGauge {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** Values with their own labels; nothing where the object has no such fact. */
  readonly values: (object: O365Sync) => readonly (readonly [value: number, labels?: Record<string, string>])[];
}

const seconds = (time: string | undefined): readonly (readonly [number])[] =>
  time === undefined ? [] : [[Date.parse(time) / 1000]];
const fact = (value: number | undefined): readonly (readonly [number])[] => (value === undefined ? [] : [[value]]);

const GAUGES: readonly ObjectGauge[] = [
  {
    name: "o365sync_info",
    help: "One for each O365Sync; always 1.",
    labels: ["domain", "cloud", "suspended", "automatic"],
    values: ({ spec, status }) => [
      [
        1,
        {
          domain: status?.domain ?? "",
          cloud: spec.cloud,
          suspended: String(spec.suspend),
          automatic: String(spec.schedule.enabled),
        },
      ],
    ],
  },
  {
    name: "o365sync_condition",
    help: "Conditions: 1 for the status that holds, 0 for the others.",
    labels: ["type", "status"],
    values: ({ status }) =>
      (status?.conditions ?? []).flatMap(({ type, status: is }) =>
        ["True", "False", "Unknown"].map((value) => [value === is ? 1 : 0, { type, status: value }] as const),
      ),
  },
  {
    name: "o365sync_last_success_timestamp_seconds",
    help: "When the published list was last confirmed against the tenant.",
    values: ({ status }) => seconds(status?.lastSuccessfulTime),
  },
  {
    name: "o365sync_last_attempt_timestamp_seconds",
    help: "When the last run that was not a test began.",
    values: ({ status }) => seconds(status?.lastSync?.startTime),
  },
  {
    name: "o365sync_next_slot_timestamp_seconds",
    help: "When the next slot is; absent while automatic sync is off.",
    values: ({ status }) => seconds(status?.schedule?.nextTime),
  },
  {
    name: "o365sync_credential_expiry_timestamp_seconds",
    help: "When the certificate that proves the app ends; absent for credentials whose end only Entra knows.",
    values: ({ status }) => seconds(status?.credentialExpiryTime),
  },
  {
    name: "o365sync_created_timestamp_seconds",
    help: "When the object was created.",
    values: ({ metadata }) => seconds(metadata.creationTimestamp),
  },
  {
    name: "o365sync_published_accounts",
    help: "Published accounts, distribution lists included.",
    values: ({ status }) => fact(status?.published?.accounts),
  },
  {
    name: "o365sync_published_aliases",
    help: "Published aliases.",
    values: ({ status }) => fact(status?.published?.aliases),
  },
  {
    name: "o365sync_published_addresses",
    help: "Addresses that a gateway accepts.",
    values: ({ status }) => fact(status?.published?.addresses),
  },
  {
    name: "o365sync_published_shards",
    help: "ConfigMaps that the tables are spread over.",
    values: ({ status }) => fact(status?.published?.shards),
  },
  {
    name: "o365sync_held",
    help: "Whether a plan is held: 1 or 0.",
    values: ({ status }) => [[status?.held === undefined ? 0 : 1]],
  },
  {
    name: "o365sync_missed_slots",
    help: "Slots that were missed since the object was created.",
    values: ({ status }) => fact(status?.schedule?.missedSlots),
  },
];

export function observeObjects(registers: Registry[], syncs: Store<O365Sync>): void {
  for (const { name, help, labels = [], values } of GAUGES) {
    new Gauge({
      name,
      help,
      labelNames: ["namespace", "name", ...labels],
      registers,
      collect() {
        this.reset();
        for (const object of syncs.list()) {
          const { namespace = "", name: objectName } = object.metadata;
          for (const [value, own] of values(object)) this.set({ namespace, name: objectName, ...own }, value);
        }
      },
    });
  }
}
