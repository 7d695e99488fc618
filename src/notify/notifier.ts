/** Delivers one report: who may get it, under which Message-ID, and when to try again. */

import { createHash } from "node:crypto";
import type { Clock } from "../base/deps.ts";
import { MINUTE_MS } from "../base/time.ts";
import { renderHtml } from "./html.ts";
import { createMailBudget } from "./mail-budget.ts";
import type { Mailer } from "./mailer.ts";
import { judgeRecipients } from "./recipients.ts";
import type { Report } from "./report.ts";
import type { Delivery } from "./smtp-answer.ts";
import { renderText } from "./text.ts";

export interface Order {
  /** `namespace/name` of the object that it is about. */
  readonly object: string;
  readonly report: Report;
  readonly recipients: readonly string[];
  /** Names the mail: the same for every attempt, in every process. */
  readonly identity: string;
  /** The identity of the mail that this one follows up. */
  readonly follows: string | undefined;
  /** What the mail is dated, in milliseconds since the epoch. */
  readonly date: number;
}

/** `Partial`: some recipients get nothing. `Deferred`: worth another attempt, with the same order. */
export type Result = "Sent" | "Partial" | "Deferred" | "Failed";

export interface Delivered {
  readonly result: Result;
  /** For conditions and events: cause and cure, no addresses. */
  readonly message: string;
}

export interface Notifier {
  /** Never rejects, but with the signal's reason. */
  deliver(order: Order, signal: AbortSignal): Promise<Delivered>;
  close(): void;
}

export interface NotifierOptions {
  /** Undefined: the installation has no SMTP server. */
  readonly mailer: Mailer | undefined;
  /** Lower-case; none: all. */
  readonly allowedDomains: readonly string[];
  /** The right side of Message-IDs. */
  readonly idDomain: string;
  /** Of the installation. */
  readonly mailsPerHour: number;
  readonly clock: Clock;
}

/** A server that cannot be reached is left alone for this long: syncs do not wait for it one after the other. */
const PAUSE_MS = MINUTE_MS;
/** Mails of which only a part was taken; forgetting one repeats a mail, under its Message-ID. */
const MOST_REMEMBERED = 1000;

const NO_SERVER =
  "spec.notifications is enabled, and the installation has no SMTP server; set --smtp-host or --smtp-url, or switch notifications off";

export function createNotifier(options: NotifierOptions): Notifier {
  const { mailer, allowedDomains, idDomain, mailsPerHour, clock } = options;
  const budget = createMailBudget(mailsPerHour);
  let pause: { readonly until: number; readonly message: string } | undefined;
  /** Recipients that a server put off, and how many it refused, by Message-ID. */
  const unfinished = new Map<string, { readonly deferred: readonly string[]; readonly refused: number }>();

  const messageId = (identity: string): string =>
    `<${createHash("sha256").update(identity).digest("hex").slice(0, 40)}@${idDomain}>`;

  function remember(id: string, deferred: readonly string[], refused: number): void {
    unfinished.delete(id);
    if (deferred.length > 0) unfinished.set(id, { deferred, refused });
    const [oldest] = unfinished.keys();
    if (unfinished.size > MOST_REMEMBERED && oldest !== undefined) unfinished.delete(oldest);
  }

  return {
    async deliver({ object, report, recipients, identity, follows, date }, signal) {
      const { accepted, invalid, notAllowed } = judgeRecipients(recipients, allowedDomains);
      const leftOut = describeLeftOut(invalid, notAllowed);
      if (mailer === undefined) return { result: "Failed", message: NO_SERVER };
      if (accepted.length === 0) return { result: "Failed", message: `nobody may get it: ${leftOut}` };
      if (pause !== undefined && clock.monotonic() < pause.until) return { result: "Deferred", message: pause.message };
      const overdrawn = budget.refusal(object, clock.monotonic());
      if (overdrawn !== undefined) return { result: "Deferred", message: overdrawn };
      const id = messageId(identity);
      const before = unfinished.get(id);
      const to = before === undefined ? accepted : accepted.filter((address) => before.deferred.includes(address));
      const delivery = await mailer.send(
        {
          to: to.length === 0 ? accepted : to,
          subject: report.subject,
          text: renderText(report),
          html: renderHtml(report),
          messageId: id,
          inReplyTo: follows && messageId(follows),
          date: new Date(date),
        },
        signal,
      );
      pause = pauseAfter(delivery, clock.monotonic());
      if (pause === undefined) budget.sent(object, clock.monotonic());
      const refused = (before?.refused ?? 0) + (delivery.kind === "accepted" ? delivery.refused : 0);
      if (delivery.kind === "accepted") remember(id, delivery.deferred, refused);
      return delivered(delivery, { refused, leftOut });
    },
    close: () => mailer?.close(),
  };
}

function pauseAfter(delivery: Delivery, now: number): { readonly until: number; readonly message: string } | undefined {
  if (delivery.kind !== "deferred" || !delivery.unreachable) return undefined;
  return { until: now + PAUSE_MS, message: delivery.message };
}

interface Loss {
  /** Recipients that the server refused, in this attempt or an earlier one. */
  readonly refused: number;
  readonly leftOut: string;
}

function delivered(delivery: Delivery, { refused, leftOut }: Loss): Delivered {
  const { kind, message } = delivery;
  if (kind === "deferred") return { result: "Deferred", message };
  if (kind === "refused") return { result: "Failed", message: join(message, leftOut) };
  if (delivery.deferred.length > 0) return { result: "Deferred", message: join(message, leftOut) };
  const lost = refused === 0 ? "" : `${recipientsOf(refused)} refused by the SMTP server`;
  const loss = join(lost, leftOut);
  return loss === "" ? { result: "Sent", message } : { result: "Partial", message: `sent to the others only: ${loss}` };
}

const join = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join("; ");

const recipientsOf = (count: number): string => (count === 1 ? "1 recipient" : `${count} recipients`);

function describeLeftOut(invalid: number, notAllowed: number): string {
  return join(
    invalid === 0 ? "" : `${recipientsOf(invalid)} of spec.notifications no mail address`,
    notAllowed === 0 ? "" : `${recipientsOf(notAllowed)} in a domain that --notification-allowed-domains does not name`,
  );
}
