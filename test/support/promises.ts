/** Which test holds what documentation and messages promise: another try, or that something becomes right, and when. */

export interface Tie {
  /** A piece of the sentence. */
  readonly says: string;
  /** `file › title`; of a row of the table in docs/reliability.md, `test/extended/healing › cause`. */
  readonly by: readonly string[];
}

/** The same words, and no promise of the operator's. */
export interface NoPromise {
  readonly says: string;
  readonly because: string;
}

const DECIDE = "test/unit/sync/decide/decide-requests.test.ts";
const HEALING = "test/unit/sync/decide/decide-healing.test.ts";
const OBSTACLE = "test/unit/publication/obstacle.test.ts";
const row = (cause: string): string => `test/extended/healing › ${cause}`;

const ADDED = "test/unit/sync/additions/additions.test.ts › is accepted within the interval, without a sync";
const STALLED_LOOK = [
  `${HEALING} › that is still there is looked at again within 10 minutes`,
  row("a ConfigMap of somebody else in the place of `<sync>-recipients`"),
];
const TENANT_LOOK = [`${HEALING} › in the tenant is looked for every 10 minutes`, row("consent taken away")];
const BACKOFF = [`${DECIDE} › wait for their time`, row("Graph in trouble")];
const TABLE_RIGHT = [
  row("a table edited by hand"),
  "test/cluster/hostile/untrusted.test.ts › a flood of edits of a table is put right once a minute, and asks the tenant nothing",
];
const NEXT = "test/unit/sync/status/next-try.test.ts";
const NEXT_TRY = [`${NEXT} › is its retry, and it is looked at then`, row("Graph in trouble")];

export const TIES: readonly Tie[] = [
  { says: "until it is put right, at most a minute later", by: TABLE_RIGHT },
  { says: "It is put right within a minute.", by: TABLE_RIGHT },
  { says: "The operator puts it right within a minute, and says so in an event.", by: TABLE_RIGHT },
  { says: "can break a list for as long as it takes to be put right", by: TABLE_RIGHT },
  { says: "the tables were not as published, and were put right", by: TABLE_RIGHT },
  { says: "the operator puts it right within minutes", by: [row("the routing edited by hand")] },
  { says: "the routing was not as published, and was put right", by: [row("the routing edited by hand")] },
  { says: "what is gone is made again from the published accounts", by: [row("`<sync>-recipients` deleted")] },
  { says: "delete it; the operator makes it again", by: [row("`<sync>-recipients` marked immutable")] },
  {
    says: "cannot be made again (…): move the gateways",
    by: [
      "test/unit/sync/run/layouts.test.ts › another number of shards leaves the tables that gateways mount for their day",
    ],
  },

  { says: "new addresses within minutes", by: [ADDED] },
  { says: "Accept new addresses within minutes", by: [ADDED] },
  {
    says: "between syncs new addresses are accepted within minutes",
    by: [ADDED],
  },
  {
    says: "a read that failed may be tried again after a quarter of an hour",
    by: ["test/unit/sync/additions/additions.test.ts › that came to nothing is tried again after a quarter of an hour"],
  },
  {
    says: "the next poll tries again, `Retry-After` is waited out",
    by: [
      "test/unit/sync/additions/additions.test.ts › leaves Ready alone, is told the third time, and is over when it is over",
    ],
  },

  {
    says: "the page looks again by itself",
    by: ["test/unit/consent/callback.test.ts › waits with a page that looks again"],
  },
  {
    says: "This page looks again by itself",
    by: ["test/unit/consent/callback.test.ts › waits with a page that looks again"],
  },
  { says: "nothing more is to be done: it is looked at again every 10 minutes", by: TENANT_LOOK },
  {
    says: "asks for a fresh token every 10 minutes while consent is missing",
    by: [...TENANT_LOOK, "test/cluster/scenarios/access.test.ts › is noticed within 10 minutes, without being asked"],
  },
  {
    says: "at most every 10 seconds and 60 times an hour",
    by: ["test/unit/consent/callback.test.ts › that is replayed costs one token in 10 seconds, and 60 in an hour"],
  },

  {
    says: "It is looked at again every 10 minutes, at the next change of its Secret",
    by: [...TENANT_LOOK, `${DECIDE} › run at once when the Secret has changed`],
  },
  {
    says: "It is still tried again every 10 minutes, and at once when the Secret changes",
    by: [...TENANT_LOOK, `${DECIDE} › run at once when the Secret has changed`],
  },
  { says: "the operator looks again every ten minutes", by: STALLED_LOOK },
  {
    says: "retried after 1 minute to 1 hour until it succeeds or the next slot comes",
    by: [...BACKOFF, `${DECIDE} › give way to the next slot`],
  },
  { says: "it may pass by itself, and is tried again: after 1 minute to 1 hour", by: BACKOFF },
  { says: "and the operator tries again by itself", by: BACKOFF },
  { says: "it works on it, or tries again by itself", by: BACKOFF },
  { says: "Syncs wait as long as Graph asks, and are retried", by: [row("the tenant asks for a pause")] },
  {
    says: "one record in the history, however often it is retried",
    by: ["test/cluster/scenarios/schedule.test.ts › retries a slot that failed, under one record"],
  },
  {
    says: "A retried slot is one record.",
    by: ["test/cluster/scenarios/schedule.test.ts › retries a slot that failed, under one record"],
  },
  {
    says: "the clock of the node is set back | noticed within half a minute; slots that were accounted for do not come again",
    by: ["test/unit/runtime/delays.test.ts › is over within half a minute when the clock was set back"],
  },
  {
    says: "noticed within half a minute |",
    by: ["test/unit/runtime/delays.test.ts › is over within half a minute when the clock was set past its end"],
  },

  {
    says: "the routing could not be written for more than a minute; it is tried again by itself",
    by: ["test/unit/domain/trouble.test.ts › is told when it lasts a minute"],
  },
  {
    says: "what is routed stays so, and it is tried again by itself",
    by: ["test/unit/domain/trouble.test.ts › is told when it lasts a minute"],
  },
  {
    says: "Whatever is wrong is looked at again within 10 minutes, without being asked",
    by: [
      "test/unit/domain/trouble.test.ts › is looked at again within ten minutes, without an event",
      row("a ConfigMap of somebody else in the place of `<maildomain>-routing`"),
    ],
  },
  {
    says: "A MailDomain that is deleted and made again",
    by: [
      "test/cluster/scenarios/routes.test.ts › stays when both objects of its list are made again under other names (16.4, 16.5)",
    ],
  },
  {
    says: "An O365Sync that is made again under its name adopts the list",
    by: [
      row("the O365Sync deleted"),
      "test/cluster/scenarios/ownership.test.ts › stay when the object goes, and are adopted by its successor",
    ],
  },

  {
    says: "the file is read again before each mail",
    by: ["test/unit/notify/mailer.test.ts › takes the password that is right now, after it was rotated"],
  },
  {
    says: "file with the password, read again before each mail",
    by: ["test/unit/notify/mailer.test.ts › takes the password that is right now, after it was rotated"],
  },
  {
    says: "it is tried again after 1, 2, 4 … 60 minutes, for a day",
    by: [
      "test/unit/sync/mail/owed.test.ts › is tried again after 1, 2, 4 … 60 minutes, and says so in lastSync until it is sent",
      row("the mail server asks for patience"),
    ],
  },
  {
    says: "the login or TLS must be put right, and no mail is lost by it",
    by: [row("the mail server refuses the password")],
  },
  {
    says: "tried again by itself, … at the latest",
    by: [
      "test/cluster/scenarios/notifications.test.ts › gets one mail at the first failure of a slot and one at its end, in one thread",
    ],
  },

  {
    says: "the read was not whole, and the run is tried again",
    by: [
      "test/unit/sync/run/whole-run.test.ts › does not believe a read that leaves out who is still there",
      `${DECIDE} › wait for their time`,
    ],
  },
  {
    says: "the read was not whole; nothing was removed, it is read again",
    by: [
      "test/unit/sync/run/whole-run.test.ts › does not believe a read that leaves out who is still there",
      `${DECIDE} › wait for their time`,
    ],
  },
  {
    says: "the object says what is missing, and goes on by itself once it is there",
    by: [row("no MailDomain yet"), row("the Secret deleted")],
  },

  {
    says: "`Forbidden` | bind the role",
    by: [`${OBSTACLE} › a missing role`, row("the right to update configmaps taken away")],
  },
  { says: "`QuotaExceeded` | raise it", by: [`${OBSTACLE} › a quota`, row("a ResourceQuota that is used up")] },
  {
    says: "`AdmissionDenied` | exempt",
    by: [row("an admission webhook that denies"), row("a ValidatingAdmissionPolicy that denies")],
  },
  { says: "`ObjectTooLarge` | raise", by: [`${OBSTACLE} › an object that is too large`, ...STALLED_LOOK] },
  {
    says: "`NamespaceTerminating` | nothing | every minute",
    by: [
      `${OBSTACLE} › a namespace that is going`,
      `${HEALING} › that becomes right by itself is looked at every minute`,
    ],
  },
  { says: "`RequestRefused` | apply", by: [`${OBSTACLE} › a field that is wrong`, ...STALLED_LOOK] },
  {
    says: "It goes on by itself.",
    by: [
      "test/extended/outage/outage.test.ts › refuses every ConfigMap for a while is told in the conditions, and the run goes on where it stood",
    ],
  },
  {
    says: "it is tried again by itself, and no address that stays valid is missing meanwhile",
    by: [
      "test/extended/outage/outage.test.ts › refuses every ConfigMap for a while is told in the conditions, and the run goes on where it stood",
    ],
  },
  {
    says: "Cannot reach the API server; it is tried again until it answers",
    by: [
      "test/unit/runtime/client.test.ts › tells once that the server cannot be reached, and once that it answers again",
      row("the API server away for half an hour, and a slot in it"),
    ],
  },

  { says: "what to do, and when the next try is.", by: NEXT_TRY },
  { says: "Its message ends with what became of the list, and with the next try.", by: NEXT_TRY },
  { says: "at the very try that was promised all is well", by: NEXT_TRY },
  { says: "`Ready` says why the last runs failed, and when the next try is.", by: NEXT_TRY },
  { says: "next try at …", by: NEXT_TRY },
  { says: "no next try while spec.suspend is true", by: [`${NEXT} › is none while it is suspended and`] },
  { says: "next try by the schedule", by: [`${NEXT} › is by the schedule, where nobody can say when that is`] },
  { says: "next try by hand: …", by: [`${NEXT} › is by hand, with automatic sync off`] },
  {
    says: "12:00 the tenant is in trouble: what was published stands, and the next try is shown",
    by: ["test/extended/story/day.test.ts › reads as the documentation shows"],
  },
  {
    says: "the approval waits until that is put right",
    by: [`${NEXT} › an approval that meets an obstacle says that it waits, and is served once that is put right`],
  },
  {
    says: "it runs as soon as the hour allows",
    by: [
      "test/cluster/hostile/untrusted.test.ts › a flood of tokens is served five times an hour, and the last one when the hour allows",
    ],
  },

  {
    says: "`helm upgrade` makes them again",
    by: [
      "test/extended/hostile/namespaces.test.ts › keeps no other from being served, is told once, and is taken up when it is back",
    ],
  },
  {
    says: "it is looked for again within a minute",
    by: [`${HEALING} › that becomes right by itself is looked at every minute`, row("the Secret deleted")],
  },
  {
    says: "it is served within a minute when it can be listed",
    by: [
      "test/extended/hostile/namespaces.test.ts › keeps no other from being served, is told once, and is taken up when it is back",
    ],
  },

  {
    says: "From now on a publication is in force here within a second.",
    by: ["test/cluster/gateway/program.test.ts › takes a publication over within moments, table and route"],
  },
  {
    says: "the list is in force within a second of its publication",
    by: ["test/cluster/gateway/program.test.ts › takes a publication over within moments, table and route"],
  },
  {
    says: "while all is well, within half a minute",
    by: [
      "test/unit/runtime/reflector.test.ts › asks for the namespace and labels it was made for, in pages of 500, with short watches",
    ],
  },
  {
    says: "`start.sh` reloads when a mounted volume changed, and looks every 5 seconds",
    by: ["test/extended/gateways/delays.test.ts › after start.sh's interval and up to 2 s, from texthash"],
  },

  { says: "they come back as they were within a minute", by: [row("`<sync>-recipients` deleted")] },
  { says: "or consent is missing: Stalled, with a reason for each", by: TENANT_LOOK },
  { says: "`Timeout` or `NetworkError`, tried again with backoff", by: [...BACKOFF, row("the tenant out of reach")] },
  {
    says: "refused, lost or answered too late is looked at again",
    by: [
      "test/extended/outage/outage.test.ts › never answers a write, over a connection that stays, is asked again after half a minute",
      row("the right to update configmaps taken away"),
    ],
  },
  {
    says: "What is missing or in the way is named, and taken up within a minute",
    by: [row("the Secret deleted"), row("no MailDomain yet")],
  },
  {
    says: "damaged tables are put right, lost records are made again",
    by: [...TABLE_RIGHT, row("`<sync>-manifest` deleted")],
  },
];

export const NO_PROMISES: readonly NoPromise[] = [
  { says: "one decision, and when to look again", because: "says what a file is for" },
  { says: "Mails that the installation sends within an hour", because: "a limit" },
  { says: "mails that the installation sends within an hour", because: "a limit" },
  { says: "80 s were measured on real nodes", because: "kubelet's, and measured" },
  { says: "then ask again, with a new value of the annotation", because: "what a person does" },
  { says: "apply it corrected and ask again", because: "what a person does" },
  { says: "Put the right one in and ask again", because: "what a person does" },
  { says: "failed with nothing that tries again", because: "what has no other try" },
  { says: "set it to false and ask again", because: "what a person does" },
  { says: "To try again", because: "what a person does" },
  { says: "try again in a minute", because: "what a person does" },
  { says: "Everything else can be made again by a sync", because: "what a person may do" },
  { says: "and it was not tried again soon", because: "what was found, and is mended" },
  { says: "synced every hour it takes", because: "a measurement" },
  { says: "accepted by the next sync, not within minutes", because: "what does not happen" },
  { says: "| Tried again |", because: "the head of a table" },
  { says: "Tried again:", because: "the head of a list" },
  { says: "and ask again with a new token", because: "what a person does" },
  { says: "the namespace is another: ask again with", because: "what a person does" },
  { says: "Once it lets them through, ask again", because: "what a person does" },
  { says: "Resume it, and ask again", because: "what a person does" },
  { says: "people were hired and accepted within minutes, at 12:00", because: "what a picture shows" },
];
