/** What people do to the ConfigMaps that the operator writes. */
import type { TakeAway } from "../obstacles.ts";
import { unlessGone } from "../world.ts";
import { hireAtSlot, hireLater } from "./hire.ts";
import type { Chapter, Row, Stage } from "./row.ts";

/** Somebody's own in this place; answers what takes it away. */
async function foreign({ world }: Stage, name: string): Promise<TakeAway> {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { mine: "yes" } };
  await world.remove("configmaps", name).catch(unlessGone);
  await world
    .apply("configmaps", object)
    // The operator was faster: what it made is taken over.
    .catch(() => world.patch("configmaps", name, { metadata: { labels: null }, data: { mine: "yes" } }));
  return () => world.remove("configmaps", name);
}

/** Its labels are gone; answers what puts them back. */
async function unlabelled({ world }: Stage, name: string): Promise<TakeAway> {
  const found = await world.configMap(name);
  await world.patch("configmaps", name, { metadata: { labels: null } });
  return () => world.patch("configmaps", name, { metadata: { labels: found?.metadata.labels } });
}

/** Nobody may write it any more; answers what takes it away: nothing else helps. */
async function immutable({ world }: Stage, name: string): Promise<TakeAway> {
  await world.patch("configmaps", name, { immutable: true });
  return () => world.remove("configmaps", name);
}

async function deleted({ world }: Stage, name: string): Promise<TakeAway> {
  await world.remove("configmaps", name);
  return () => Promise.resolve();
}

const edited =
  (data: object) =>
  async ({ world }: Stage, name: string): Promise<TakeAway> => {
    await world.patch("configmaps", name, { data });
    return () => Promise.resolve();
  };

/** Something more that no list can hold. */
async function leaveOut({ world }: Stage): Promise<void> {
  world.tenant.company.find("elena.egger@example.com").proxyAddresses.push("smtp:elenä@example.com");
  await Promise.resolve();
}

const IN_THE_WAY = "exists and does not belong to this object";
/** As people know it. */
const shown = (name: string): string =>
  name
    .replace("example-com", name === ROUTING ? "<maildomain>" : "<sync>")
    .replace("2-1", "<n>-<i>")
    .replace("-0", "-<i>");

const foreignRow = (name: string, more: Partial<Row> = {}): Row => ({
  cause: `a ConfigMap of somebody else in the place of \`${shown(name)}\``,
  says: "ConfigMapConflict",
  words: `the ConfigMap ${name} ${IN_THE_WAY}`,
  stalled: true,
  cure: "delete or rename it",
  after: "10 minutes",
  play: (stage) => foreign(stage, name),
  ...more,
});
const unlabelledRow = (name: string, more: Partial<Row> = {}): Row => ({
  cause: `the labels of \`${shown(name)}\` taken away`,
  says: "ConfigMapConflict",
  words: `the ConfigMap ${name} ${IN_THE_WAY}`,
  stalled: true,
  cure: "put them back",
  after: "10 minutes",
  play: (stage) => unlabelled(stage, name),
  ...more,
});
const immutableRow = (name: string, more: Partial<Row> = {}): Row => ({
  cause: `\`${shown(name)}\` marked immutable`,
  says: "ConfigMapImmutable",
  words: `(ConfigMap ${name}: `,
  stalled: true,
  cure: "delete it",
  after: "10 minutes",
  play: async (stage) => {
    const takeAway = await immutable(stage, name);
    await hireAtSlot(stage, "fixed");
    return takeAway;
  },
  ...more,
});

/** Of what only tells of the list: no run depends on it. */
const besidesRow = (
  row: (name: string, more: Partial<Row>) => Row,
  name: string,
  spoil: (stage: Stage, name: string) => Promise<TakeAway>,
): Row =>
  row(name, {
    says: name === LEFT_OUT ? "event:LeftOutNotWritten" : "event:HistoryNotWritten",
    words: row === immutableRow ? `(ConfigMap ${name}: ` : `the ConfigMap ${name} ${IN_THE_WAY}`,
    harmless: true,
    after: "the next slot",
    ...(name === CHANGES ? { cure: "delete it; the next sync that changes something makes its own" } : {}),
    proof: async ({ world }) => {
      const found = await world.configMap(name);
      return found?.immutable !== true && found?.metadata.labels?.["o365sync.dev/sync"] === "example-com";
    },
    play: async (stage) => {
      const takeAway = await spoil(stage, name);
      await leaveOut(stage);
      await hireAtSlot(stage, "beside");
      return async () => {
        // It is written by a sync that changes something.
        if (name === CHANGES) hireLater(stage, "again");
        await takeAway();
      };
    },
  });

const RECIPIENTS = "example-com-recipients";
const SHARD = "example-com-recipients-2-1";
const ACCOUNTS = "example-com-accounts-0";
const MANIFEST = "example-com-manifest";
const HISTORY = "example-com-history";
const PLAN = "example-com-plan";
const LEFT_OUT = "example-com-left-out";
const CHANGES = "example-com-changes-0";
const ROUTING = "example-com-routing";

export const configMaps: Chapter = {
  title: "ConfigMaps of the operator",
  rows: [
    foreignRow(RECIPIENTS),
    foreignRow(SHARD, { spec: { output: { shards: 2, formats: ["postfix"], deletionPolicy: "Orphan" } } }),
    foreignRow(ACCOUNTS),
    foreignRow(MANIFEST),
    besidesRow(foreignRow, HISTORY, foreign),
    foreignRow(PLAN, {
      cause: "a ConfigMap of somebody else in the place of `<sync>-plan`, and a plan to be held",
      play: async (stage) => {
        const takeAway = await foreign(stage, PLAN);
        const { users } = stage.world.tenant.company;
        const kept = [...users];
        for (const [id] of kept.slice(0, 150)) users.delete(id);
        await stage.slot();
        return async () => {
          for (const [id, user] of kept) users.set(id, user);
          await takeAway();
        };
      },
    }),
    besidesRow(foreignRow, LEFT_OUT, foreign),
    besidesRow(foreignRow, CHANGES, foreign),
    foreignRow(ROUTING, { of: "MailDomain" }),
    unlabelledRow(RECIPIENTS),
    unlabelledRow(ACCOUNTS),
    unlabelledRow(MANIFEST),
    besidesRow(unlabelledRow, HISTORY, unlabelled),
    unlabelledRow(ROUTING, { of: "MailDomain" }),
    immutableRow(RECIPIENTS),
    immutableRow(ACCOUNTS),
    immutableRow(MANIFEST),
    besidesRow(immutableRow, HISTORY, immutable),
    besidesRow(immutableRow, CHANGES, immutable),
    {
      ...immutableRow(ROUTING, { of: "MailDomain" }),
      play: async (stage) => {
        const takeAway = await immutable(stage, ROUTING);
        await stage.world.patch("maildomains", "example-com", { spec: { deliveryPort: 2525 } });
        return takeAway;
      },
    },
  ],
};

const gone = (name: string, more: Partial<Row> = {}): Row => ({
  cause: `\`${shown(name)}\` deleted`,
  says: "event:Rendered",
  words: "put right from the published accounts",
  cure: "nothing: it is made again",
  after: "1 minute",
  play: (stage) => deleted(stage, name),
  ...more,
});

/** Only the tenant can tell it again. */
const READ_AGAIN: Partial<Row> = {
  says: "event:Published",
  words: "no account or alias added or removed",
  cure: "nothing: the tenant is read again",
  after: "10 minutes",
};
const ROUTED_AGAIN: Partial<Row> = {
  of: "MailDomain",
  words: "the routing was not as published, and was put right",
  after: "at once",
};

export const damage: Chapter = {
  title: "ConfigMaps deleted or damaged",
  rows: [
    gone(RECIPIENTS),
    gone(SHARD, { spec: { output: { shards: 2, formats: ["postfix"], deletionPolicy: "Orphan" } } }),
    gone(ACCOUNTS, READ_AGAIN),
    gone(MANIFEST, READ_AGAIN),
    gone(ROUTING, ROUTED_AGAIN),
    {
      ...gone(RECIPIENTS),
      cause: "a table edited by hand",
      play: (stage) => edited({ relay_recipients: "nobody@example.com OK\n" })(stage, RECIPIENTS),
    },
    {
      ...gone(ACCOUNTS, READ_AGAIN),
      cause: "the accounts edited by hand",
      play: (stage) => edited({ "accounts.jsonl": "{}" })(stage, ACCOUNTS),
    },
    {
      ...gone(MANIFEST, READ_AGAIN),
      cause: "the manifest edited by hand",
      play: (stage) => edited({ "manifest.json": "{" })(stage, MANIFEST),
    },
    {
      ...gone(ROUTING, ROUTED_AGAIN),
      cause: "the routing edited by hand",
      play: (stage) => edited({ relay_domains: "" })(stage, ROUTING),
    },
  ],
};
