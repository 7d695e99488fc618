/** Objects that the API server must refuse, each with what a person then reads: the field and what it must be. */
import { mailDomain, o365Sync, type TestObject } from "./objects.ts";

/** What is wrong, the object, the field it is reported for, and the text. */
export type BadObject = readonly [what: string, object: TestObject, field: string, text: string];

const DOMAIN = "must be a domain name in lower case, such as example.com (an internationalised one as xn--…)";
const HOST = "must be a fully qualified host name in lower case, such as mx.example.com, or an IP address";
const TENANT =
  "must be the GUID of a tenant or one of its verified domain names; common and organizations name no tenant";
const GUID = "must be a GUID, such as 11111111-2222-3333-4444-555555555555";
const NAME = 'must be the name of an object: lower-case letters, digits, "-" and ".", first and last a letter or digit';
const KEY = 'must be a key: letters, digits, "-", "_" and "." only';
const ONE_CREDENTIAL = "must have exactly one of clientSecretRef, certificateRef and workloadIdentity";
const CRON = "must be five fields (minute, hour, day of the month, month, day of the week) such as 0 6,18 * * 1-5";
const CRON_ALONE = "must not stand beside times or timesPerDay; leave them out";
const TIME = "must be a local time of day as HH:MM, such as 06:00 or 18:30";
const ZONE = "must be an IANA time zone, such as UTC or Europe/Berlin";
const PATTERN = "must be one pattern without blanks, such as test*@example.com";
const ADDRESS = "must be one plain mail address, such as all@example.com";
const LIMIT = "should be greater than or equal to 0";

const clientId = "11111111-2222-3333-4444-555555555555";
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const schedule = (fields: object): TestObject => o365Sync({ schedule: fields });
const credentials = (fields: object): TestObject => o365Sync({ credentials: { clientId, ...fields } });
const secretRef = (fields: object): TestObject => credentials({ clientSecretRef: fields });
const withoutField = (object: TestObject, field: string): TestObject => {
  const { [field]: _, ...spec } = object.spec;
  return { ...object, spec };
};

export const BAD_MAIL_DOMAINS: readonly BadObject[] = [
  ["a name of 64 characters", mailDomain({}, "a".repeat(64)), "metadata.name", "may not be more than 63 bytes"],
  ["no domain", withoutField(mailDomain(), "domain"), "spec.domain", "Required value"],
  ["an empty domain", mailDomain({ domain: "" }), "spec.domain", DOMAIN],
  ["an upper-case domain", mailDomain({ domain: "Example.com" }), "spec.domain", DOMAIN],
  ["a domain of one label", mailDomain({ domain: "localhost" }), "spec.domain", DOMAIN],
  ["a domain with a last dot", mailDomain({ domain: "example.com." }), "spec.domain", DOMAIN],
  ["a domain with an empty label", mailDomain({ domain: "a..com" }), "spec.domain", DOMAIN],
  ["a domain that is not in its xn-- form", mailDomain({ domain: "bücher.de" }), "spec.domain", DOMAIN],
  ["a domain with an underscore", mailDomain({ domain: "a_b.com" }), "spec.domain", DOMAIN],
  ["a label that ends with a hyphen", mailDomain({ domain: "a-.com" }), "spec.domain", DOMAIN],
  ["a label of 64 characters", mailDomain({ domain: `${"a".repeat(64)}.com` }), "spec.domain", DOMAIN],
  ["a line break after the domain", mailDomain({ domain: "example.com\n" }), "spec.domain", DOMAIN],
  ["an address as domain", mailDomain({ domain: "192.0.2.1" }), "spec.domain", DOMAIN],
  [
    "a domain of 254 characters",
    mailDomain({ domain: `${"a.".repeat(125)}test` }),
    "spec.domain",
    "may not be more than 253 bytes",
  ],
  ["no server type", withoutField(mailDomain(), "serverType"), "spec.serverType", "Required value"],
  [
    "an unknown server type",
    mailDomain({ serverType: "office365" }),
    "spec.serverType",
    'Unsupported value: "office365": supported values: "Office365", "GoogleWorkspace", "Exchange"',
  ],
  ["a host of one label", mailDomain({ inboundServers: [{ host: "mx" }] }), "spec.inboundServers[0].host", HOST],
  ["an upper-case host", mailDomain({ inboundServers: [{ host: "MX.test.de" }] }), "spec.inboundServers[0].host", HOST],
  ["a host with a port", mailDomain({ inboundServers: [{ host: "mx.de:25" }] }), "spec.inboundServers[0].host", HOST],
  ["an incomplete IP", mailDomain({ inboundServers: [{ host: "192.0.2" }] }), "spec.inboundServers[0].host", HOST],
  ["a bracketed host", mailDomain({ inboundServers: [{ host: "[::1]" }] }), "spec.inboundServers[0].host", HOST],
  ["no host", mailDomain({ inboundServers: [{ preference: 1 }] }), "spec.inboundServers[0].host", "Required value"],
  [
    "a host twice",
    mailDomain({ inboundServers: [{ host: "mx.a.de" }, { host: "mx.a.de", preference: 20 }] }),
    "spec.inboundServers[1]",
    "Duplicate value",
  ],
  [
    "a preference above 65535",
    mailDomain({ inboundServers: [{ host: "mx.a.de", preference: 65536 }] }),
    "spec.inboundServers[0].preference",
    "should be less than or equal to 65535",
  ],
  [
    "17 inbound servers",
    mailDomain({ inboundServers: many(17, (i) => ({ host: `mx${i}.a.de` })) }),
    "spec.inboundServers",
    "Too many: 17: must have at most 16 items",
  ],
  ["port 0", mailDomain({ deliveryPort: 0 }), "spec.deliveryPort", "should be greater than or equal to 1"],
  ["port 65536", mailDomain({ deliveryPort: 65536 }), "spec.deliveryPort", "should be less than or equal to 65535"],
  ["a port as text", mailDomain({ deliveryPort: "25" }), "spec.deliveryPort", "must be of type integer"],
  ["a bad alias domain", mailDomain({ aliasDomains: [{ name: "*.a.de" }] }), "spec.aliasDomains[0].name", DOMAIN],
  [
    "an alias domain twice",
    mailDomain({ aliasDomains: [{ name: "a.de" }, { name: "a.de" }] }),
    "spec.aliasDomains[1]",
    "Duplicate value",
  ],
  [
    "the domain as its own alias domain",
    mailDomain({ aliasDomains: [{ name: "a.de" }, { name: "example.com" }] }),
    "spec.aliasDomains",
    "must not list the domain itself among its aliasDomains",
  ],
  [
    "an unknown kind of alias domain",
    mailDomain({ aliasDomains: [{ name: "a.de", recipients: "All" }] }),
    "spec.aliasDomains[0].recipients",
    'supported values: "Directory", "Mirror"',
  ],
  [
    "51 alias domains",
    mailDomain({ aliasDomains: many(51, (i) => ({ name: `a${i}.de` })) }),
    "spec.aliasDomains",
    "Too many: 51: must have at most 50 items",
  ],
  [
    "an unknown deletion policy",
    mailDomain({ deletionPolicy: "Retain" }),
    "spec.deletionPolicy",
    'supported values: "Orphan", "Delete"',
  ],
];

export const BAD_SYNCS: readonly BadObject[] = [
  ["a name of 64 characters", o365Sync({}, "a".repeat(64)), "metadata.name", "may not be more than 63 bytes"],
  ["no domain", withoutField(o365Sync(), "domainRef"), "spec.domainRef", "Required value"],
  ["a domain without a name", o365Sync({ domainRef: {} }), "spec.domainRef.name", "Required value"],
  ["an empty name", o365Sync({ domainRef: { name: "" } }), "spec.domainRef.name", NAME],
  ["a path as name", o365Sync({ domainRef: { name: "../a" } }), "spec.domainRef.name", NAME],
  ["a domain's own name in upper case", o365Sync({ domainRef: { name: "Example" } }), "spec.domainRef.name", NAME],
  ["no tenant", withoutField(o365Sync(), "tenantId"), "spec.tenantId", "Required value"],
  ["the tenant common", o365Sync({ tenantId: "common" }), "spec.tenantId", TENANT],
  ["the tenant organizations", o365Sync({ tenantId: "organizations" }), "spec.tenantId", TENANT],
  ["a GUID in braces", o365Sync({ tenantId: `{${clientId}}` }), "spec.tenantId", TENANT],
  ["a tenant with a path", o365Sync({ tenantId: "a.com/b" }), "spec.tenantId", TENANT],
  [
    "an unknown cloud",
    o365Sync({ cloud: "Germany" }),
    "spec.cloud",
    'supported values: "Global", "USGovernmentGCCHigh", "USGovernmentDoD", "China"',
  ],
  [
    "a client id that is no GUID",
    credentials({ clientId: "my-app", workloadIdentity: {} }),
    "spec.credentials.clientId",
    GUID,
  ],
  ["no client id", o365Sync({ credentials: { workloadIdentity: {} } }), "spec.credentials.clientId", "Required value"],
  ["no credential", credentials({}), "spec.credentials", ONE_CREDENTIAL],
  [
    "two credentials",
    credentials({ certificateRef: { name: "a" }, workloadIdentity: {} }),
    "spec.credentials",
    ONE_CREDENTIAL,
  ],
  [
    "three credentials",
    credentials({ clientSecretRef: { name: "a" }, certificateRef: { name: "a" }, workloadIdentity: {} }),
    "spec.credentials",
    ONE_CREDENTIAL,
  ],
  ["a Secret's name with a blank", secretRef({ name: "a b" }), "spec.credentials.clientSecretRef.name", NAME],
  ["a Secret's key with a slash", secretRef({ name: "a", key: "a/b" }), "spec.credentials.clientSecretRef.key", KEY],
  ["an empty key", secretRef({ name: "a", key: "" }), "spec.credentials.clientSecretRef.key", KEY],
  [
    "a certificate without a name",
    credentials({ certificateRef: {} }),
    "spec.credentials.certificateRef.name",
    "Required value",
  ],
  ["no time a day", schedule({ timesPerDay: 0 }), "spec.schedule.timesPerDay", "should be greater than or equal to 1"],
  ["five times a day", schedule({ timesPerDay: 5 }), "spec.schedule.timesPerDay", "should be less than or equal to 4"],
  ["a time without a zero", schedule({ times: ["6:00"] }), "spec.schedule.times[0]", TIME],
  ["a time of 24:00", schedule({ times: ["24:00"] }), "spec.schedule.times[0]", TIME],
  ["a time of 12:60", schedule({ times: ["12:60"] }), "spec.schedule.times[0]", TIME],
  ["a time with seconds", schedule({ times: ["12:00:00"] }), "spec.schedule.times[0]", TIME],
  ["a cron expression", schedule({ times: ["0 6 * * *"] }), "spec.schedule.times[0]", TIME],
  ["no times", schedule({ times: [] }), "spec.schedule.times", "should have at least 1 items"],
  [
    "five times",
    schedule({ times: many(5, (i) => `0${i}:00`) }),
    "spec.schedule.times",
    "Too many: 5: must have at most 4 items",
  ],
  [
    "a time twice",
    schedule({ times: ["06:00", "18:00", "06:00"] }),
    "spec.schedule.times",
    "must not hold the same time twice",
  ],
  [
    "fewer times than timesPerDay",
    schedule({ times: ["06:00"], timesPerDay: 2 }),
    "spec.schedule.times",
    "must have as many entries as timesPerDay says; leave one of the two out",
  ],
  ["a macro as cron", schedule({ cron: "@daily" }), "spec.schedule.cron", CRON],
  ["cron with seconds", schedule({ cron: "0 0 6 * * *" }), "spec.schedule.cron", CRON],
  ["cron of four fields", schedule({ cron: "6 * * *" }), "spec.schedule.cron", CRON],
  ["cron with a time zone", schedule({ cron: "TZ=UTC 0 6 * * *" }), "spec.schedule.cron", CRON],
  ["an empty cron", schedule({ cron: "" }), "spec.schedule.cron", CRON],
  ["cron with the last day", schedule({ cron: "0 6 L * *" }), "spec.schedule.cron", CRON],
  ["cron with a hash", schedule({ cron: "H 6 * * *" }), "spec.schedule.cron", CRON],
  ["cron beside times", schedule({ cron: "0 6 * * *", times: ["06:00"] }), "spec.schedule.cron", CRON_ALONE],
  ["cron beside timesPerDay", schedule({ cron: "0 6 * * *", timesPerDay: 1 }), "spec.schedule.cron", CRON_ALONE],
  [
    "additions without automatic sync",
    schedule({ enabled: false, additions: { enabled: true } }),
    "spec.schedule.additions",
    "must go with automatic sync",
  ],
  [
    "additions every moment",
    schedule({ enabled: true, additions: { enabled: true, intervalMinutes: 0 } }),
    "spec.schedule.additions.intervalMinutes",
    "should be greater than or equal to 1",
  ],
  [
    "additions every two hours",
    schedule({ enabled: true, additions: { enabled: true, intervalMinutes: 120 } }),
    "spec.schedule.additions.intervalMinutes",
    "should be less than or equal to 60",
  ],
  ["an unknown time zone", schedule({ timeZone: "Europe/Atlantis" }), "spec.schedule.timeZone", ZONE],
  ["the server's own time zone", schedule({ timeZone: "Local" }), "spec.schedule.timeZone", ZONE],
  ["an empty time zone", schedule({ timeZone: "" }), "spec.schedule.timeZone", ZONE],
  ["an offset as time zone", schedule({ timeZone: "+02:00" }), "spec.schedule.timeZone", ZONE],
  ["a path as time zone", schedule({ timeZone: "../etc/passwd" }), "spec.schedule.timeZone", ZONE],
  [
    "a deadline of less than a minute",
    schedule({ startingDeadlineSeconds: 59 }),
    "spec.schedule.startingDeadlineSeconds",
    "should be greater than or equal to 60",
  ],
  [
    "a deadline of more than six hours",
    schedule({ startingDeadlineSeconds: 21601 }),
    "spec.schedule.startingDeadlineSeconds",
    "should be less than or equal to 21600",
  ],
  ["suspend as text", o365Sync({ suspend: "yes" }), "spec.suspend", "must be of type boolean"],
  [
    "no source",
    o365Sync({ sources: { users: false, groups: false, contacts: false } }),
    "spec.sources",
    "must have at least one of users, groups and contacts switched on",
  ],
  ["an empty pattern", o365Sync({ excludeRecords: [""] }), "spec.excludeRecords[0]", PATTERN],
  ["two patterns in one", o365Sync({ excludeRecords: ["a*", "b* c*"] }), "spec.excludeRecords[1]", PATTERN],
  [
    "a pattern of 321 characters",
    o365Sync({ excludeRecords: ["a".repeat(321)] }),
    "spec.excludeRecords[0]",
    "may not be more than 320 bytes",
  ],
  [
    "501 patterns",
    o365Sync({ excludeRecords: many(501, (i) => `a${i}*`) }),
    "spec.excludeRecords",
    "Too many: 501: must have at most 500 items",
  ],
  ["a local part alone", o365Sync({ staticRecipients: ["all"] }), "spec.staticRecipients[0]", ADDRESS],
  ["two @", o365Sync({ staticRecipients: ["a@b@example.com"] }), "spec.staticRecipients[0]", ADDRESS],
  ["a quoted local part", o365Sync({ staticRecipients: ['"a b"@example.com'] }), "spec.staticRecipients[0]", ADDRESS],
  ["a non-ASCII address", o365Sync({ staticRecipients: ["ü@example.com"] }), "spec.staticRecipients[0]", ADDRESS],
  ["a display name", o365Sync({ staticRecipients: ["All <all@example.com>"] }), "spec.staticRecipients[0]", ADDRESS],
  [
    "a local part of 65 characters",
    o365Sync({ staticRecipients: [`${"a".repeat(65)}@example.com`] }),
    "spec.staticRecipients[0]",
    ADDRESS,
  ],
  [
    "1001 static recipients",
    o365Sync({ staticRecipients: many(1001, (i) => `a${i}@example.com`) }),
    "spec.staticRecipients",
    "Too many: 1001: must have at most 1000 items",
  ],
  ["a negative limit", o365Sync({ operationsLimit: { accountAdds: -1 } }), "spec.operationsLimit.accountAdds", LIMIT],
  ["a negative total", o365Sync({ operationsLimit: { total: -1 } }), "spec.operationsLimit.total", LIMIT],
  [
    "a limit with a fraction",
    o365Sync({ operationsLimit: { aliasAdds: 1.5 } }),
    "spec.operationsLimit.aliasAdds",
    "in body must be of type int",
  ],
  [
    "more than 100 percent",
    o365Sync({ deletionGuard: { maxPercent: 101 } }),
    "spec.deletionGuard.maxPercent",
    "should be less than or equal to 100",
  ],
  ["a negative floor", o365Sync({ deletionGuard: { floor: -1 } }), "spec.deletionGuard.floor", LIMIT],
  ["a baseline without a name", o365Sync({ baselineRef: { key: "a" } }), "spec.baselineRef.name", "Required value"],
  ["a baseline's bad key", o365Sync({ baselineRef: { name: "a", key: "a b" } }), "spec.baselineRef.key", KEY],
  [
    "notifications to nobody",
    o365Sync({ notifications: { enabled: true } }),
    "spec.notifications",
    "must have recipients when enabled is true",
  ],
  [
    "notifications to an empty list",
    o365Sync({ notifications: { enabled: true, recipients: [] } }),
    "spec.notifications",
    "must have recipients when enabled is true",
  ],
  [
    "notifications to two in one",
    o365Sync({ notifications: { recipients: ["a@example.com,b@example.com"] } }),
    "spec.notifications.recipients[0]",
    ADDRESS,
  ],
  [
    "notifications to one twice",
    o365Sync({ notifications: { recipients: ["a@example.com", "a@example.com"] } }),
    "spec.notifications.recipients",
    "must not hold the same address twice",
  ],
  [
    "51 notification recipients",
    o365Sync({ notifications: { recipients: many(51, (i) => `a${i}@example.com`) } }),
    "spec.notifications.recipients",
    "Too many: 51: must have at most 50 items",
  ],
  [
    "an unknown format",
    o365Sync({ output: { formats: ["sendmail"] } }),
    "spec.output.formats[0]",
    'supported values: "postfix", "cdb", "addresses", "aliases"',
  ],
  [
    "a format twice",
    o365Sync({ output: { formats: ["cdb", "cdb"] } }),
    "spec.output.formats",
    "must not hold the same format twice",
  ],
  [
    "a number of shards that is no power of two",
    o365Sync({ output: { shards: 3 } }),
    "spec.output.shards",
    'Unsupported value: 3: supported values: "1", "2", "4", "8", "16", "32", "64", "128"',
  ],
  [
    "an unknown deletion policy",
    o365Sync({ output: { deletionPolicy: "Keep" } }),
    "spec.output.deletionPolicy",
    'supported values: "Orphan", "Delete"',
  ],
  ["no history", o365Sync({ historyLimit: 0 }), "spec.historyLimit", "should be greater than or equal to 1"],
  ["101 records", o365Sync({ historyLimit: 101 }), "spec.historyLimit", "should be less than or equal to 100"],
];
