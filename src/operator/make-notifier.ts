/** Makes the notifier that the configuration asks for. */
import { readFileSync } from "node:fs";
import type { Clock } from "../base/deps.ts";
import type { Config } from "../config/config.ts";
import type { SmtpConfig } from "../config/smtp.ts";
import { createMailer } from "../notify/mailer.ts";
import { createNotifier, type Notifier } from "../notify/notifier.ts";

export function notifierOf(
  {
    smtp,
    notificationAllowedDomains,
    mailsPerHour,
  }: Pick<Config, "smtp" | "notificationAllowedDomains" | "mailsPerHour">,
  clock: Clock,
  ca?: string,
): Notifier {
  const mailer = smtp && createMailer({ ...smtp, password: () => passwordOf(smtp), ca });
  const idDomain = smtp?.from.split("@")[1] ?? "localhost";
  return createNotifier({ mailer, allowedDomains: notificationAllowedDomains, idDomain, mailsPerHour, clock });
}

/** A mounted Secret may be rotated, or not be there for a moment: then the server says what is wrong. */
function passwordOf({ passwordFile, password }: SmtpConfig): string | undefined {
  if (passwordFile === undefined) return password;
  try {
    return readFileSync(passwordFile, "utf8").replace(/\r?\n$/, "");
  } catch {
    return password;
  }
}
