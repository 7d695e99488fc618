/** What happens to the operator, to time, and to its mail. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { API_VERSION } from "../../../src/api/group.ts";
import { LOGIN } from "./login.ts";
import { isIntact } from "./look.ts";
import type { Chapter, Row, Stage } from "./row.ts";

const LEFT_OVER = "example-com-recipients-4-1";
const HOUR_MS = 3_600_000;
const NOTIFICATIONS = { notifications: { enabled: true, recipients: ["ops@example.com"] } };

/** The list is of today: somebody hired after the trouble began is on it. */
const isFresh = async (stage: Stage): Promise<boolean> =>
  (await isIntact(stage)) && stage.world.gateway.accepted().has("newcomer@example.com");
const hire = ({ world }: Stage): void => void world.tenant.company.hire("newcomer@example.com");

/** About 30 days, and by that clock no slot is so near that it would be caught up. */
async function tooLateForASlot({ world, clock }: Stage): Promise<number> {
  const next = Date.parse((await world.sync()).status?.schedule?.nextTime ?? "");
  return next - clock.now() + 30 * 24 * HOUR_MS - 3 * HOUR_MS;
}

/** A leader with such a clock takes over; then somebody sets it right. */
const clockWrong = (
  what: string,
  wrongBy: (stage: Stage) => Promise<number>,
  told: Pick<Row, "says" | "words">,
): Row => ({
  cause: `the clock of the leader's node ${what}`,
  ...told,
  cure: "set it right",
  after: "the next slot",
  play: async (stage) => {
    const { clock, world } = stage;
    const wrong = await wrongBy(stage);
    await world.stopOperator();
    clock.set(wrong);
    await world.startOperator();
    hire(stage);
    return () => {
      clock.set(-wrong);
      return Promise.resolve();
    };
  },
  proof: isFresh,
});

const mailTrouble = (cause: string, says: string, words: string, play: Row["play"], more: Partial<Row> = {}): Row => ({
  cause,
  says: `event:${says}`,
  words,
  cure: "mend it",
  after: "1 hour",
  spec: NOTIFICATIONS,
  play,
  proof: ({ mail }) => Promise.resolve(mail.mails.length > 0),
  ...more,
});

/** As the chart mounts it. */
const passwordFile = (folder: string): string => join(folder, "smtp-password");
const loginFlags = (folder: string): string[] => [
  `--smtp-username=${LOGIN.user}`,
  `--smtp-password-file=${passwordFile(folder)}`,
];

export const operator: Chapter = {
  title: "The operator, time and mail",
  rows: [
    {
      cause: "the operator ended in the middle of a run",
      says: "Ready=True/Succeeded",
      words: "accounts",
      cure: "nothing: the next one finishes it",
      after: "1 minute",
      play: async (stage) => {
        const { world } = stage;
        hire(stage);
        const cancel = world.tenant.fault({ on: "groups", effect: { kind: "hang" } });
        await stage.slot();
        await world.until(
          () => Promise.resolve(world.tenant.requests),
          (requests) => requests.filter(({ kind }) => kind === "users").length > 1,
        );
        await world.stopOperator();
        cancel();
        return () => world.startOperator();
      },
      proof: isFresh,
    },
    {
      cause: "the API server away for half an hour, and a slot in it",
      only: "embedded",
      says: "Ready=True/Succeeded",
      words: "accounts",
      cure: "nothing: it is tried again until it answers",
      after: "5 minutes",
      play: async (stage) => {
        hire(stage);
        const takeAway = stage.obstacles.away?.();
        await stage.slot();
        await stage.pass(30);
        return () => takeAway?.() ?? Promise.resolve();
      },
      proof: isFresh,
    },
    {
      cause: "the operator away for longer than a slot may be late",
      says: "ScheduleMissed",
      words: "passed while nothing could run, too late to be caught up",
      cure: "nothing",
      after: "the next slot",
      play: async (stage) => {
        const { world, clock } = stage;
        await world.stopOperator();
        await stage.slot();
        clock.shift(3 * HOUR_MS);
        await world.startOperator();
        return () => Promise.resolve();
      },
    },
    clockWrong("30 days ahead", tooLateForASlot, { says: "ScheduleMissed", words: "too late to be caught up" }),
    clockWrong("6 hours behind", () => Promise.resolve(-6 * HOUR_MS), {
      says: "Ready=True/Succeeded",
      words: "accounts",
    }),
    {
      cause: "the clock of the leader's node set back by 6 hours, and `<sync>-recipients` deleted",
      says: "event:Rendered",
      words: "put right from the published accounts",
      cure: "nothing: it is made again",
      after: "1 minute",
      play: async ({ world, clock }) => {
        const name = "example-com-recipients";
        const stands = (): Promise<boolean> => world.configMap(name).then((found) => found !== undefined);
        // When tables were last put right is remembered: by the clock that was set, that lies ahead now.
        await world.remove("configmaps", name);
        await world.until(stands, (is) => is);
        clock.set(-6 * HOUR_MS);
        await world.remove("configmaps", name);
        return () => Promise.resolve();
      },
      proof: async ({ world }) => (await world.configMap("example-com-recipients")) !== undefined,
    },
    {
      cause: "suspended",
      says: "Ready=True/Succeeded",
      words: "suspended; ",
      cure: "set spec.suspend to false",
      after: "at once",
      play: async ({ world }) => {
        await world.patch("o365syncs", "example-com", { spec: { suspend: true } });
        return () => world.patch("o365syncs", "example-com", { spec: { suspend: false } });
      },
      proof: async ({ world }) =>
        (await world.sync()).status?.conditions?.[0]?.message.startsWith("suspended") === false,
    },
    {
      cause: "suspended before the first sync",
      says: "AwaitingFirstSync",
      words: "set spec.suspend to false",
      cure: "do so",
      after: "at once",
      spec: { suspend: true },
      first: true,
      play: ({ world }) => Promise.resolve(() => world.patch("o365syncs", "example-com", { spec: { suspend: false } })),
    },
    {
      cause: "the O365Sync deleted",
      of: "MailDomain",
      says: "Ready=True/Routed",
      words: "nobody refreshes the list of example-com since",
      cure: "make it again",
      after: "at once",
      play: async ({ world }) => {
        const { spec } = await world.sync();
        await world.remove("o365syncs", "example-com");
        const metadata = { name: "example-com" };
        return () => world.apply("o365syncs", { apiVersion: API_VERSION, kind: "O365Sync", metadata, spec });
      },
    },
    {
      cause: "a finalizer of somebody on a ConfigMap that nobody needs any more",
      says: "event:ConfigMapNotDeleted",
      words: "stays until whoever put the finalizer example.com/keep on it lets it go",
      cure: "take the finalizer off",
      after: "at once",
      play: async ({ world, pass }) => {
        const found = await world.configMap("example-com-recipients");
        if (found === undefined) throw new Error("there is no table to be left over: it is spread over shards");
        if ((await world.configMap("example-com-manifest")) === undefined)
          throw new Error("no manifest tells what is left over: every table is one that gateways may mount");
        const { labels = {}, annotations = {} } = found.metadata;
        const metadata = { name: LEFT_OVER, labels, annotations, finalizers: ["example.com/keep"] };
        await world.apply("configmaps", { ...found, apiVersion: "v1", kind: "ConfigMap", metadata });
        await pass(61);
        return () => world.patch("configmaps", LEFT_OVER, { metadata: { finalizers: null } });
      },
      proof: async ({ world }) => (await world.configMap(LEFT_OVER)) === undefined,
    },
    {
      cause: "a pattern of excludeRecords that matches nobody",
      says: "event:PatternMatchesNobody",
      words: "spec.excludeRecords[0]: leaves out nobody",
      cure: "correct it, or take it out",
      after: "at once",
      spec: { excludeRecords: ["tset*@example.com"] },
      play: ({ world }) =>
        Promise.resolve(() => world.patch("o365syncs", "example-com", { spec: { excludeRecords: null } })),
    },
    {
      cause: "an annotation misspelt",
      says: "event:UnknownAnnotation",
      words: "o365sync.dev/snyc",
      cure: "correct it",
      after: "at once",
      play: async ({ world }) => {
        await world.annotate("snyc", "1");
        return async () => {
          await world.annotate("snyc", null);
          await world.annotate("sync", "1");
        };
      },
      // An object that was deleted meanwhile is asked nothing.
      proof: async ({ world }) => {
        const { metadata, status } = await world.sync();
        return status?.handledSync === metadata.annotations?.["o365sync.dev/sync"];
      },
    },
    {
      cause: "a list too large for its ConfigMaps",
      says: "OutputTooLarge",
      words: "spec.output.shards",
      stalled: true,
      cure: "set as many shards as it says",
      after: "at once",
      spec: { output: { shards: 1, formats: ["postfix", "addresses"], deletionPolicy: "Orphan" } },
      play: async ({ world, slot }) => {
        for (let index = 0; index < 6_000; index++) world.tenant.company.hire(`${index}${"x".repeat(58)}@example.com`);
        await slot();
        return () => world.patch("o365syncs", "example-com", { spec: { output: { shards: 8 } } });
      },
    },
    mailTrouble("the mail server down", "NotificationDeferred", "could not be reached", async (stage) => {
      const takeBack = stage.mail.away();
      hire(stage);
      await stage.slot();
      return takeBack;
    }),
    mailTrouble("the mail server closing down", "NotificationDeferred", "421", async (stage) => {
      stage.mail.behaviour.onConnect = () => ({ code: 421, text: "4.3.2 closing down" });
      hire(stage);
      await stage.slot();
      return () => {
        stage.mail.behaviour.onConnect = undefined;
        return Promise.resolve();
      };
    }),
    mailTrouble(
      "the Secret of the mail server's password missing",
      "NotificationDeferred",
      "there is no password for the SMTP server",
      async (stage) => {
        hire(stage);
        await stage.slot();
        return () => writeFile(passwordFile(stage.folder), LOGIN.password);
      },
      { cure: "make it", flags: (folder) => loginFlags(folder) },
    ),
    mailTrouble(
      "the mail server refuses the password",
      "NotificationDeferred",
      "535",
      async (stage) => {
        await writeFile(passwordFile(stage.folder), "another one");
        hire(stage);
        await stage.slot();
        return () => writeFile(passwordFile(stage.folder), LOGIN.password);
      },
      { cure: "correct the Secret", flags: (folder) => loginFlags(folder) },
    ),
    mailTrouble("the mail server asks for patience", "NotificationDeferred", "451", async (stage) => {
      stage.mail.behaviour.onMail = () => ({ code: 451, text: "4.7.1 later" });
      hire(stage);
      await stage.slot();
      return () => {
        stage.mail.behaviour.onMail = undefined;
        return Promise.resolve();
      };
    }),
    mailTrouble(
      "the mail server refuses a mail",
      "NotificationFailed",
      "554",
      async (stage) => {
        stage.mail.behaviour.onMail = () => ({ code: 554, text: "5.7.1 not wanted" });
        hire(stage);
        await stage.slot();
        return () => {
          // There is something to report at the next slot, whether it is accepted or not.
          stage.world.tenant.company.hire("another@example.com");
          stage.mail.behaviour.onMail = undefined;
          return Promise.resolve();
        };
      },
      { after: "the next slot", cure: "have it accepted; the next mail goes out" },
    ),
  ],
};
