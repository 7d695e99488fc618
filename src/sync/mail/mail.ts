/** Sends the mails that are owed: the history record becomes a report, the report a mail. */

import { approveCommand, planCommand, syncCommand } from "../../api/commands.ts";
import type { O365Sync } from "../../api/types.generated.ts";
import { Failure } from "../../base/failure.ts";
import { readableTime } from "../../base/time.ts";
import type { Delivered } from "../../notify/notifier.ts";
import { type Command, composeReport, type Report } from "../../notify/report.ts";
import type { HistoryRecord } from "../../publication/records.ts";
import type { ReconcileContext } from "../../runtime/types.ts";
import type { View } from "../gather.ts";
import type { Outcome, SyncServices } from "../outcome.ts";
import { delivery, type OwedMail, struckOff } from "./owed.ts";

/** After this long a mail tells nothing that anybody still needs. */
const GIVEN_UP_MS = 24 * 3_600_000;

/** Sends one mail that is owed. Whatever comes of it, no sync fails by it. */
export async function notify(
  services: SyncServices,
  view: View,
  owed: OwedMail,
  { log, signal }: ReconcileContext,
): Promise<Outcome> {
  const { object } = view;
  const status = object.status ?? {};
  if (!object.spec.notifications.enabled) return { view, status: struckOff(status, owed) };
  const delivered = await deliver(services, view, owed, signal);
  const { now } = services.deps.clock;
  const given = delivered.result === "Deferred" && now() - Date.parse(owed.since) >= GIVEN_UP_MS;
  const mail: Delivered = given
    ? { result: "Failed", message: `given up after a day: ${delivered.message}` }
    : delivered;
  const { result, message } = mail;
  if (result === "Sent") log.info({ run: owed.id, result }, "Mail ended");
  else log.warn({ run: owed.id, result, reason: message }, "Mail ended");
  return { view, status: delivery(status, owed, mail, now()), mail };
}

async function deliver(services: SyncServices, view: View, owed: OwedMail, signal: AbortSignal): Promise<Delivered> {
  const { object } = view;
  try {
    const record = await services.histories.find(object, owed.id, signal);
    if (record === undefined) return { result: "Failed", message: "the history no longer has the run to be told" };
    const { namespace = "", name, uid = "" } = object.metadata;
    const failed = record.result === "Failed";
    const identity = (what: "failure" | "end"): string => [uid, namespace, name, record.id, what].join("\n");
    return await services.notifier.deliver(
      {
        report: reportOf(view, record),
        recipients: object.spec.notifications.recipients ?? [],
        identity: identity(failed ? "failure" : "end"),
        follows: !failed && record.attempts > 1 ? identity("failure") : undefined,
        date: Date.parse(record.completed),
      },
      signal,
    );
  } catch (error) {
    if (error instanceof Failure) return { result: "Deferred", message: error.message };
    throw error;
  }
}

export function reportOf({ object, domain }: Pick<View, "object" | "domain">, record: HistoryRecord): Report {
  const { namespace = "", name } = object.metadata;
  return composeReport({
    record,
    domain: domain?.spec.domain ?? object.status?.domain ?? object.spec.domainRef.name,
    namespace,
    name,
    published: object.status?.published,
    recovered: record.attempts > 1 && record.result !== "Failed",
    commands: commandsFor(object, record),
    next: nextRun(object),
  });
}

function commandsFor(object: O365Sync, { result, reason, plan, request }: HistoryRecord): Command[] {
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
