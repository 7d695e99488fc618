/** What people write into the objects, and what they forget. */
import { API_VERSION } from "../../../src/api/group.ts";
import { unlessGone } from "../world.ts";
import type { Chapter, Row, Stage } from "./row.ts";

const changed =
  (kind: "o365syncs" | "maildomains", spec: object, back: object): Row["play"] =>
  async ({ world }) => {
    await world.patch(kind, "example-com", { spec });
    return () => world.patch(kind, "example-com", { spec: back });
  };

const baseline = ({ world }: Stage, data: Readonly<Record<string, string>> | undefined) =>
  world.apply("configmaps", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "old-list" },
    ...(data && { data }),
  });
const OLD_LIST = { baselineRef: { name: "old-list", key: "recipients" } };
const GOOD = { recipients: "info@example.com\n" };

export const objects: Chapter = {
  title: "O365Sync and MailDomain",
  rows: [
    {
      cause: "no MailDomain yet",
      says: "DependencyNotReady",
      words: "the MailDomain example-com does not exist in the namespace",
      cure: "make it",
      after: "at once",
      play: async ({ world }) => {
        const {
          apiVersion,
          kind,
          metadata: { name },
          spec,
        } = await world.domain();
        await world.remove("maildomains", "example-com");
        return () => world.apply("maildomains", { apiVersion, kind, metadata: { name }, spec });
      },
    },
    {
      cause: "no MailDomain any more, and `<sync>-recipients` deleted",
      says: "Published=False/TablesMissing",
      words: "of the published list a ConfigMap is missing: example-com-recipients",
      cure: "make the MailDomain again",
      after: "1 minute",
      play: async ({ world }) => {
        const { apiVersion, kind, metadata, spec } = await world.domain();
        const table = await world.configMap("example-com-recipients");
        if (table === undefined) throw new Error("there is no such table: the list is spread over shards");
        await world.remove("maildomains", "example-com");
        await world.remove("configmaps", "example-com-recipients").catch(unlessGone);
        return () => world.apply("maildomains", { apiVersion, kind, metadata: { name: metadata.name }, spec });
      },
    },
    {
      cause: "a MailDomain of another server type",
      says: "ServerTypeMismatch",
      words: "only Office365 is synced with a tenant",
      stalled: true,
      cure: "correct serverType",
      after: "at once",
      play: changed("maildomains", { serverType: "Exchange" }, { serverType: "Office365" }),
    },
    {
      cause: "no inbound servers",
      of: "MailDomain",
      says: "NoInboundServer",
      words: "spec.inboundServers is empty",
      stalled: true,
      cure: "add one",
      after: "at once",
      first: true,
      domain: { inboundServers: [] },
      play: ({ world }) =>
        Promise.resolve(() =>
          world.patch("maildomains", "example-com", {
            spec: { inboundServers: [{ host: "mx.example.com", preference: 10 }] },
          }),
        ),
    },
    {
      cause: "two O365Syncs for one MailDomain",
      says: "DomainClaimed",
      words: "the older O365Sync",
      stalled: true,
      cure: "delete one of the two",
      after: "at once",
      first: true,
      play: async ({ world }) => {
        await world.apply("o365syncs", {
          apiVersion: API_VERSION,
          kind: "O365Sync",
          metadata: { name: "another" },
          spec: {
            domainRef: { name: "example-com" },
            tenantId: world.tenant.tenantId,
            credentials: { clientId: world.tenant.clientId, clientSecretRef: { name: "o365" } },
          },
        });
        // Who is older is told by the second.
        await new Promise((resolve) => setTimeout(resolve, 1100));
        return () => world.remove("o365syncs", "another");
      },
    },
    {
      cause: "two MailDomains for one domain",
      of: "MailDomain",
      says: "DomainClaimed",
      words: "example.com is held by the MailDomain another",
      stalled: true,
      cure: "delete one of the two",
      after: "at once",
      first: true,
      play: async ({ world }) => {
        await world.apply("maildomains", {
          apiVersion: API_VERSION,
          kind: "MailDomain",
          metadata: { name: "another" },
          spec: {
            domain: "example.com",
            serverType: "Office365",
            inboundServers: [{ host: "mx.example.com", preference: 10 }],
          },
        });
        await new Promise((resolve) => setTimeout(resolve, 1100));
        return () => world.remove("maildomains", "another");
      },
    },
    {
      cause: "a time zone that Kubernetes knows and nobody else",
      // The embedded API server asks the same library as the operator.
      only: "real",
      says: "InvalidTimeZone",
      words: "spec.schedule.timeZone: Factory is no time zone",
      stalled: true,
      cure: "correct it",
      after: "at once",
      play: changed("o365syncs", { schedule: { timeZone: "Factory" } }, { schedule: { timeZone: "UTC" } }),
    },
    {
      cause: "a cron expression that means no day",
      says: "InvalidSchedule",
      words: "spec.schedule.cron",
      stalled: true,
      cure: "correct it",
      after: "at once",
      play: changed(
        "o365syncs",
        { schedule: { timesPerDay: null, cron: "0 6 31 2 *" } },
        { schedule: { timesPerDay: 4, cron: null } },
      ),
    },
    {
      cause: "patterns that exclude everybody",
      says: "Held",
      words: "tenant accounts that excludeRecords leaves: 0",
      stalled: true,
      cure: "correct them",
      after: "at once",
      play: changed("o365syncs", { excludeRecords: ["*"] }, { excludeRecords: null }),
    },
    {
      cause: "a static recipient of another domain",
      says: "InvalidStaticRecipients",
      words: "counted from 0: [1]; they must be addresses of example.com",
      stalled: true,
      cure: "correct it",
      after: "at once",
      play: changed(
        "o365syncs",
        { staticRecipients: ["all@example.com", "all@example.org"] },
        { staticRecipients: null },
      ),
    },
    {
      cause: "the ConfigMap of `baselineRef` missing",
      says: "DependencyNotReady",
      words: "spec.baselineRef",
      cure: "make it",
      after: "10 minutes",
      first: true,
      spec: OLD_LIST,
      play: (stage) => Promise.resolve(() => baseline(stage, GOOD)),
    },
    {
      cause: "the baseline empty",
      says: "InvalidBaseline",
      words: "spec.baselineRef",
      stalled: true,
      cure: "fill it",
      after: "10 minutes",
      first: true,
      spec: OLD_LIST,
      play: async (stage) => {
        await baseline(stage, { recipients: "\n" });
        return () => stage.world.patch("configmaps", "old-list", { data: GOOD });
      },
    },
    {
      cause: "the baseline no list of addresses",
      says: "InvalidBaseline",
      words: "spec.baselineRef",
      stalled: true,
      cure: "correct it",
      after: "10 minutes",
      first: true,
      spec: OLD_LIST,
      play: async (stage) => {
        await baseline(stage, { recipients: "<html>not a list</html>\n" });
        return () => stage.world.patch("configmaps", "old-list", { data: GOOD });
      },
    },
  ],
};
