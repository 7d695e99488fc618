/** Sends the mails that are owed: what the status says of a run becomes a report, the report a mail. */

import { approveCommand, planCommand, syncCommand } from "../../api/commands.ts";
import type { MailDomain, O365Sync, O365SyncStatus } from "../../api/types.generated.ts";
import type { Deps } from "../../base/deps.ts";
import { DAY_MS, readableTime } from "../../base/time.ts";
import type { Delivered, Notifier } from "../../notify/notifier.ts";
import { type Command, composeReport, type Report } from "../../notify/report.ts";
import { detailsDigest, detailsOf, type RunDetails } from "../../publication/details.ts";
import type { HistoryWriter } from "../../publication/history-writer.ts";
import { asFailure } from "../../publication/obstacle.ts";
import type { ReconcileContext } from "../../runtime/types.ts";
import { delivery, type OwedMail, struckOff, type ToldRun } from "./owed.ts";

/** After this long a mail tells nothing that anybody still needs. */
const GIVEN_UP_MS = DAY_MS;

export interface MailServices {
  readonly deps: Deps;
  readonly notifier: Notifier;
  readonly histories: Pick<HistoryWriter, "find">;
}

/** Whose run a mail tells. */
export interface MailSubject {
  readonly object: O365Sync;
  readonly domain: MailDomain | undefined;
}

/** Sends one mail that is owed. Whatever comes of it, no sync fails by it. */
export async function sendOwedMail(
  services: MailServices,
  subject: MailSubject,
  owed: OwedMail,
  { log, signal }: ReconcileContext,
): Promise<{ readonly status: O365SyncStatus; readonly mail?: Delivered }> {
  const { object } = subject;
  const status = object.status ?? {};
  if (!object.spec.notifications.enabled) return { status: struckOff(status, owed) };
  const delivered = await deliver(services, subject, owed, signal);
  const { now } = services.deps.clock;
  const given = delivered.result === "Deferred" && now() - Date.parse(owed.since) >= GIVEN_UP_MS;
  const mail: Delivered = given
    ? { result: "Failed", message: `given up after a day: ${delivered.message}` }
    : delivered;
  const { result, message } = mail;
  if (result === "Sent") log.info({ run: owed.id, result }, "Mail ended");
  else log.warn({ run: owed.id, result, reason: message }, "Mail ended");
  return { status: delivery(status, owed, mail, now()), mail };
}

async function deliver(
  services: MailServices,
  subject: MailSubject,
  owed: OwedMail,
  signal: AbortSignal,
): Promise<Delivered> {
  const { object } = subject;
  const run = owed.run ?? inShort(object, owed);
  if (run === undefined) return { result: "Failed", message: "the status no longer has the run to be told" };
  const details = await findDetails(services, object, owed, signal);
  const { namespace = "", name, uid = "" } = object.metadata;
  const failed = run.result === "Failed";
  const identity = (what: "failure" | "end"): string => [uid, namespace, name, owed.id, what].join("\n");
  return services.notifier.deliver(
    {
      object: `${namespace}/${name}`,
      report: reportOf(subject, run, details),
      recipients: object.spec.notifications.recipients ?? [],
      identity: identity(failed ? "failure" : "end"),
      follows: !failed && run.attempts > 1 ? identity("failure") : undefined,
      date: Date.parse(run.completionTime),
    },
    signal,
  );
}

/** What an earlier version owed: it wrote the id alone. */
function inShort({ status }: O365Sync, { id, since }: OwedMail): ToldRun | undefined {
  const found = status?.history?.find((record) => record.id === id);
  if (found === undefined) return undefined;
  const { trigger, time, result, summary } = found;
  return {
    trigger,
    syncedBy: trigger,
    startTime: time,
    completionTime: since,
    result,
    reason: result,
    message: summary,
    attempts: 1,
  };
}

/** Undefined where the history ConfigMap does not have them as they were written: others can write there. */
async function findDetails(
  { histories }: Pick<MailServices, "histories">,
  object: O365Sync,
  { id, run }: OwedMail,
  signal: AbortSignal,
): Promise<RunDetails | undefined> {
  if (run?.details === undefined) return undefined;
  try {
    const record = await histories.find(object, id, signal);
    return record !== undefined && detailsDigest(record) === run.details ? detailsOf(record) : undefined;
  } catch (error) {
    if (signal.aborted || asFailure(error) === undefined) throw error;
    return undefined;
  }
}

const LEFT_OUT = "numbers and addresses are left out: the history ConfigMap no longer has them as they were written";

export function reportOf({ object, domain }: MailSubject, run: ToldRun, details: RunDetails | undefined): Report {
  const { namespace = "", name } = object.metadata;
  const { request } = run;
  return composeReport({
    record: {
      ...run,
      ...details,
      synced: run.startTime,
      completed: run.completionTime,
      testSync: request === "testSync" || request === "testConnection",
    },
    domain: domain?.spec.domain ?? object.status?.domain ?? object.spec.domainRef.name,
    namespace,
    name,
    published: object.status?.published,
    between: addedBefore(object, run),
    leftOut: details === undefined && run.result !== "Failed" ? LEFT_OUT : undefined,
    recovered: run.attempts > 1 && run.result !== "Failed",
    commands: commandsFor(object, run, details),
    next: nextRun(object),
  });
}

/** Additions have no mail of their own: the next one tells them. Of the status, which others cannot write. */
function addedBefore({ status }: O365Sync, run: ToldRun) {
  const history = status?.history ?? [];
  const own = history.findIndex(({ time, trigger }) => time === run.startTime && trigger === run.trigger);
  const before = own < 0 ? undefined : history[own + 1];
  return before?.trigger === "Additions" ? before.changes : undefined;
}

function commandsFor(object: O365Sync, { result, reason, request }: ToldRun, { plan }: RunDetails = {}): Command[] {
  const commands: Command[] = [];
  const { consentUrl, retry, schedule } = object.status ?? {};
  if (result === "Held" && plan?.approvable === true)
    commands.push({ title: "To let exactly this plan through, once", command: approveCommand(object, plan.digest) });
  if (result === "Held" || (request === "testSync" && result === "Succeeded"))
    commands.push({ title: "To see the whole plan", command: planCommand(object) });
  if (result === "Failed" && reason === "NotAuthorized" && consentUrl !== undefined)
    commands.push({ title: "An administrator of the tenant grants consent with this link", command: consentUrl });
  if (result === "Failed" && retry === undefined && schedule?.nextTime === undefined)
    commands.push({ title: "To try again", command: syncCommand(object) });
  return commands;
}

function nextRun({ spec, status }: O365Sync): string {
  const { retry, schedule } = status ?? {};
  if (spec.suspend) return "none: spec.suspend is true";
  const times = [retry?.time, schedule?.nextTime].flatMap((time) => (time === undefined ? [] : [Date.parse(time)]));
  if (times.length === 0) return "when somebody asks for it; automatic sync is off";
  const next = readableTime(Math.min(...times));
  return retry === undefined ? `${next} (${schedule?.summary ?? ""})` : `tried again by itself, ${next} at the latest`;
}
