/** The state of every object as gauges, made from the cache at each scrape: an object that is gone leaves nothing behind. */
import type { Condition } from "../api/kube.ts";
import type { MailDomain, O365Sync } from "../api/types.generated.ts";
import { LARGEST_BYTES } from "../recipients/render.ts";
import type { Store } from "../runtime/types.ts";

/** Values with their own labels, as they are written; nothing where an object has no such fact. */
type Values = readonly (readonly [value: number, labels?: string])[];

interface ObjectGauge {
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

export interface ObjectStores {
  readonly syncs: Pick<Store<O365Sync>, "list">;
  readonly domains: Pick<Store<MailDomain>, "list">;
}

/** An object's lines of all gauges, one after the other. */
interface Lines {
  readonly text: Buffer;
  /** Where those of each gauge end. */
  readonly ends: readonly number[];
}

/**
 * In Prometheus' text format. Written by hand: a metrics library keeps every series it has seen, and takes a second for
 * thousands. An object's lines are kept while it stays what it is, as they say nothing that time alone changes; outside of
 * the JavaScript heap, or every second scrape of a thousand objects would have all of it searched for garbage.
 */
export function createObjectMetrics({ syncs, domains }: ObjectStores): () => Buffer {
  const kept = new WeakMap<O365Sync | MailDomain, Lines>();
  const linesOf = (object: O365Sync | MailDomain, render: () => Lines): Lines => {
    const known = kept.get(object) ?? render();
    kept.set(object, known);
    return known;
  };
  return () =>
    assemble([
      ...syncs.list().map((object) => linesOf(object, () => render(object, ({ sync }) => sync?.(object)))),
      ...domains.list().map((object) => linesOf(object, () => render(object, ({ domain }) => domain?.(object)))),
    ]);
}

const HEADS = OBJECT_GAUGES.map(({ name, help }) => Buffer.from(`# HELP ${name} ${help}\n# TYPE ${name} gauge\n`));

/** All lines of a gauge stand together. */
function assemble(all: readonly Lines[]): Buffer {
  const size = [...HEADS, ...all.map(({ text }) => text)].reduce((sum, { length }) => sum + length, 0);
  const whole = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [gauge, head] of HEADS.entries()) {
    at += head.copy(whole, at);
    for (const { text, ends } of all) at += text.copy(whole, at, ends[gauge - 1] ?? 0, ends[gauge]);
  }
  return whole;
}

function render<T extends O365Sync | MailDomain>(
  { metadata: { namespace = "", name } }: T,
  valuesOf: (gauge: ObjectGauge) => Values | undefined,
): Lines {
  // Namespace and name are DNS names: nothing in them needs escaping.
  const identity = `namespace="${namespace}",name="${name}"`;
  const texts = OBJECT_GAUGES.map((gauge) =>
    (valuesOf(gauge) ?? [])
      .map(([value, labels]) => `${gauge.name}{${identity}${labels === undefined ? "" : `,${labels}`}} ${value}\n`)
      .join(""),
  );
  let end = 0;
  const ends = texts.map((text) => {
    end += Buffer.byteLength(text);
    return end;
  });
  return { text: Buffer.from(texts.join("")), ends };
}

const escaped = (value: string): string =>
  /[\\"\n]/.test(value) ? value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n") : value;
