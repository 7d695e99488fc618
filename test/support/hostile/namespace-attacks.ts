/** What somebody may do in a namespace with Kubernetes' own `edit` role, at the extremes of what the API server takes. */
import { API_VERSION } from "../../../src/api/group.ts";
import type { World } from "../world.ts";

type Random = () => number;
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const list = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index));

const LABEL = "a".repeat(61);
/** As long as a domain may be. */
const LONG_DOMAIN = `${"b".repeat(60)}.`.repeat(4).slice(0, 249).concat(".com");
const PATTERNS: readonly (readonly string[])[] = [
  list(500, (index) => `*${"[!~]".repeat(78)}~${index}`),
  list(500, (index) => `*${"[!~]*".repeat(60)}~${index}`.slice(0, 320)),
  list(500, (index) => `${"*a".repeat(150)}${index}b`),
  list(500, (index) => `${"?".repeat(310)}${index}`),
  list(500, (index) => `[${"\u202e\u{1f600}\u0430".repeat(60)}]*${index}`),
  list(500, () => "[".repeat(320)),
  ["\\", "[]", "[!]", "[]]", "[z-a]", "[--0]", "\ufeff*", "*\u200b*", "[\ud800]", "\u0000"],
];
const ZONES = [
  "America/Argentina/ComodRivadavia",
  "Etc/GMT+12",
  "Pacific/Kiritimati",
  "A".repeat(64),
  "Europe/Berlin\u0000",
  "../../etc/passwd",
];
const CRONS = [
  "0 0 29 2 *",
  "0,15,30,45 3 1-31 1-12 0-7",
  "*/1 * * * *",
  "59 23 31 12 SUN",
  "0 0 1 1 1-5/7",
  `${"0,".repeat(60)}0 * * * *`,
  "99999999999 * * * *",
];
const WORDS = [
  "Bcc: x@evil.example",
  "a\r\nBcc: x@evil.example",
  "x\u2028y",
  "=?utf-8?q?=0d=0aBcc:?=",
  "\u202egnp.exe",
  "\u0430dmin",
];

/** A change of spec; most of them within the schema, some refused by it. */
export const SPECS: readonly ((random: Random) => object)[] = [
  (random) => ({ excludeRecords: pick(random, PATTERNS) }),
  () => ({ staticRecipients: list(1000, (index) => `${"s".repeat(58)}${index}@example.com`) }),
  (random) => ({ staticRecipients: list(10, () => `${pick(random, WORDS)}@example.com`) }),
  (random) => ({ schedule: { enabled: true, times: null, cron: pick(random, CRONS), timeZone: pick(random, ZONES) } }),
  (random) => ({
    schedule: {
      enabled: random() < 0.5,
      cron: null,
      timeZone: "UTC",
      additions: { enabled: true, intervalMinutes: 1 },
    },
  }),
  (random) => ({
    output: {
      shards: pick(random, [1, 16, 128]),
      formats: pick(random, [[], ["cdb"], ["postfix", "cdb", "addresses", "aliases"]]),
    },
  }),
  (random) => ({
    notifications: {
      enabled: true,
      recipients: list(50, (index) => `${pick(random, ["a", "b'c", ...WORDS])}${index}@evil.example`),
    },
  }),
  (random) => ({
    baselineRef: {
      name: pick(random, ["kube-root-ca.crt", "example-com-accounts-0", "x".repeat(253)]),
      key: pick(random, ["ca.crt", "accounts.jsonl", "k".repeat(253)]),
    },
  }),
  (random) => ({ tenantId: pick(random, [LONG_DOMAIN, "xn--80ak6aa92e.com", "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10"]) }),
  (random) => ({ historyLimit: pick(random, [1, 100]), operationsLimit: { total: pick(random, [0, 10_000_000]) } }),
  (random) => ({
    deletionGuard: { enabled: random() < 0.5, maxPercent: pick(random, [0, 100]), floor: pick(random, [0, 1_000_000]) },
  }),
];

const DOMAINS: readonly ((random: Random) => object)[] = [
  (random) => ({
    aliasDomains: list(50, (index) => ({
      name: `m${index}.${LABEL}.ex`,
      recipients: pick(random, ["Mirror", "Directory"]),
    })),
  }),
  () => ({ aliasDomains: list(50, (index) => ({ name: `xn--80ak6aa9${index}.com`, recipients: "Mirror" })) }),
  () => ({ aliasDomains: [] }),
  () => ({
    inboundServers: list(16, (index) => ({
      host: `${"h".repeat(60)}.${LONG_DOMAIN.slice(0, 180)}${index}.com`,
      preference: index,
    })),
  }),
];

const ANNOTATIONS = ["sync", "test-sync", "test-connection", "approve"];
const TOKENS = [
  "x".repeat(250 * 1024),
  "$(reboot)",
  "a\u202eb",
  "2999-01-01T00:00:00Z",
  "\u0000",
  "0".repeat(20),
  "\r\nBcc: x@y.example",
];

/** What is done with the metadata of a ConfigMap of ours. */
const METADATA: readonly ((random: Random) => object)[] = [
  () => ({ finalizers: ["evil.example/never"] }),
  () => ({ finalizers: null }),
  () => ({ labels: null }),
  () => ({ labels: { "o365sync.dev/sync": "other", "o365sync.dev/role": "manifest" } }),
  () => ({ annotations: { note: "x".repeat(250 * 1024) } }),
  () => ({ annotations: { note: null } }),
  // As of an object that is gone: a garbage collector deletes what has no other owner.
  () => ({
    ownerReferences: [
      { apiVersion: API_VERSION, kind: "O365Sync", name: "gone", uid: "00000000-0000-4000-8000-000000000000" },
    ],
  }),
  () => ({
    ownerReferences: [
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        name: "x",
        uid: "00000000-0000-4000-8000-000000000001",
        controller: true,
      },
    ],
  }),
];

/** Objects of a storm, and how many storms there are at most: a quota bounds how many objects a namespace may have. */
const STORM = 30;
const MOST_STORMED = 1500;

/** One attack; what the API server refuses is refused, and that is all. */
export async function attackNamespace(world: World, random: Random): Promise<void> {
  const refused = (): void => {};
  const how = random();
  if (how < 0.45) await world.patch("o365syncs", "example-com", { spec: pick(random, SPECS)(random) }).catch(refused);
  else if (how < 0.55)
    await world.patch("maildomains", "example-com", { spec: pick(random, DOMAINS)(random) }).catch(refused);
  else if (how < 0.65) await world.annotate(pick(random, ANNOTATIONS), pick(random, TOKENS)).catch(refused);
  else if (how < 0.85) await attackMaps(world, random).catch(refused);
  else if ((await world.configMaps()).length < MOST_STORMED) await storm(world, random).catch(refused);
}

async function attackMaps(world: World, random: Random): Promise<void> {
  const ours = (await world.configMaps()).filter(({ metadata }) => metadata.name.startsWith("example-com"));
  const target = pick(random, ours);
  if (target === undefined) return;
  if (random() < 0.2) await world.remove("configmaps", target.metadata.name);
  else await world.patch("configmaps", target.metadata.name, { metadata: pick(random, METADATA)(random) });
}

/** Many objects at once, with names that the API server makes. */
async function storm(world: World, random: Random): Promise<void> {
  // What people write into specs is kept as long as the objects are there: few words in many objects.
  const { domainRef, tenantId, credentials, cloud } = (await world.sync()).spec;
  const spec = { domainRef, tenantId, credentials, cloud };
  const labels = {
    "o365sync.dev/sync": "example-com",
    "o365sync.dev/role": pick(random, ["recipients", "accounts", "manifest", "x"]),
  };
  const make = [
    () =>
      world.apply("configmaps", {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { generateName: "example-com-recipients-", labels },
        data: { relay_recipients: "x\n".repeat(1000) },
      }),
    () =>
      world.apply("o365syncs", {
        apiVersion: API_VERSION,
        kind: "O365Sync",
        metadata: { generateName: "storm-" },
        spec,
      }),
    () =>
      world.apply("maildomains", {
        apiVersion: API_VERSION,
        kind: "MailDomain",
        metadata: { generateName: "storm-" },
        spec: {
          domain: `d${Math.floor(random() * 1e9)}.${LABEL}.ex`,
          serverType: "Office365",
          inboundServers: [{ host: "mx.example.com" }],
        },
      }),
  ];
  const one = pick(random, make);
  await Promise.allSettled(list(STORM, one));
}
