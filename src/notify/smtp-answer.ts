/** What the answer of a mail server means: for this mail, for one recipient, or for every mail; in words that are fit to be shown. Pure. */
import { publicWords } from "../base/words.ts";

/** What came of one attempt. Messages name no address; of the server's words they have what is fit to be shown. */
export type Delivery =
  /** The server took it for `accepted`; it refused `refused` of the others for good and put off `deferred`. */
  | {
      readonly kind: "accepted";
      readonly deferred: readonly string[];
      readonly refused: number;
      readonly message: string;
    }
  /** Another attempt may succeed. `unreachable`: for no mail at the moment, whatever its recipients. */
  | { readonly kind: "deferred"; readonly unreachable: boolean; readonly message: string }
  /** This mail will never be taken. */
  | { readonly kind: "refused"; readonly message: string };

/** As nodemailer tells it. */
export interface SmtpError {
  readonly code?: string | undefined;
  /** The system's own, such as ECONNREFUSED. */
  readonly originalCode?: string | undefined;
  readonly responseCode?: number | undefined;
  /** The server's answer, its code included. */
  readonly response?: string | undefined;
  /** What it answered, such as `RCPT TO`; `CONN`: the greeting. */
  readonly command?: string | undefined;
  readonly recipient?: string | undefined;
}

/** Of the server's words in a message. */
const LONGEST_WORDS = 200;

/** "550 to RCPT TO: 5.1.1 … unknown" */
export function answerOf({ responseCode, response = "", command }: SmtpError): string {
  const words = publicWords(response.replace(/^\d{3}[ -]?/, ""), LONGEST_WORDS);
  const where = command === undefined || command === "CONN" ? "" : ` to ${command.split(" ").slice(0, 2).join(" ")}`;
  return `${responseCode}${where}${words === "" ? "" : `: ${words}`}`;
}

/**
 * Answers that tell of the way in and not of a mail, wherever they come: 421 closes the channel (RFC 5321, 4.2.1); 530,
 * 534, 535 and 538 ask for a login or for TLS (RFC 4954, RFC 3207), which no other mail has either.
 */
const OF_EVERY_MAIL: readonly number[] = [421, 454, 530, 534, 535, 538];

/** Whether a recipient is refused for good. */
export const isFinal = ({ responseCode = 0 }: SmtpError): boolean =>
  responseCode >= 500 && !OF_EVERY_MAIL.includes(responseCode);

const TOO_LARGE = 552;

/** Of an attempt that no recipient came of. */
export function explain(error: SmtpError): Delivery {
  const { code = "", originalCode = "", responseCode, command = "" } = error;
  const wayIn = (message: string): Delivery => ({ kind: "deferred", unreachable: true, message });
  if (responseCode === undefined) {
    if (/CERT|SSL|TLS|VERIFY|ISSUER/.test(originalCode)) return wayIn(NO_TLS);
    return wayIn(WITHOUT_ANSWER[code] ?? `the conversation with the SMTP server failed (${code || "no code"})`);
  }
  const answer = answerOf(error);
  if (code === "ETLS") return wayIn(`${NO_TLS} (${answer})`);
  if (code === "EAUTH") return wayIn(loginRefused(responseCode, answer));
  if (responseCode === 421) return wayIn(`the SMTP server is not available for the moment (${answer})`);
  if (OF_EVERY_MAIL.includes(responseCode))
    return wayIn(`the SMTP server asks for a login or for TLS (${answer}); check --smtp-username and --smtp-tls`);
  if (command === "RCPT TO" || code === "EMESSAGE" || responseCode === TOO_LARGE) {
    if (isFinal(error)) return { kind: "refused", message: `the SMTP server refused it (${answer})` };
    return { kind: "deferred", unreachable: false, message: `the SMTP server put it off (${answer})` };
  }
  if (command === "MAIL FROM")
    return responseCode < 500
      ? { kind: "deferred", unreachable: false, message: `the SMTP server put it off (${answer})` }
      : wayIn(`the SMTP server does not take mails from this sender (${answer}); check --smtp-from`);
  return wayIn(`the SMTP server does not let the operator in (${answer}); check --smtp-client-name and what it allows`);
}

/** RFC 4954: 454 is a trouble of the moment, 504 does not know the way of logging in, the others refuse the login. */
function loginRefused(responseCode: number, answer: string): string {
  if (responseCode < 500) return `the SMTP server cannot check the login for the moment (${answer})`;
  if (responseCode === 504)
    return `the SMTP server takes no login by user name and password, perhaps by XOAUTH2 alone (${answer}); use a server, such as a relay, that does`;
  return `the SMTP server does not accept the user name and password (${answer}); check --smtp-username and the password`;
}

const NO_TLS =
  "the SMTP server gives no TLS that can be trusted; check --smtp-tls and --smtp-port, or trust its CA with NODE_EXTRA_CA_CERTS";
const BROKE_OFF =
  "the SMTP server could not be reached or broke off; check --smtp-host, --smtp-port and the NetworkPolicy";
const TIMED_OUT = "the SMTP server did not answer in time; check --smtp-host, --smtp-port and the NetworkPolicy";

/** By nodemailer's code; what stands here concerns every mail, not this one. */
const WITHOUT_ANSWER: Readonly<Record<string, string>> = {
  ETIMEDOUT: TIMED_OUT,
  EDNS: "the SMTP server's name was not found; check --smtp-host and DNS",
  EAUTH:
    "the SMTP server takes no login by user name and password; check --smtp-username, or use a server, such as a relay, that does",
  ETLS: NO_TLS,
  ECONNECTION: BROKE_OFF,
  ESOCKET: BROKE_OFF,
};
