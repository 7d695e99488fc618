/** Sends mails through one SMTP server over a few pooled connections, and says in public words what came of each. */
import { createTransport, type Transporter } from "nodemailer";

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** `starttls`: no mail without it. */
  readonly security: "starttls" | "tls" | "none";
  readonly username: string | undefined;
  /** Asked before each mail, so that a rotated password is used at once. May throw. */
  readonly password: () => string | undefined;
  /** A bare address. */
  readonly from: string;
  /** Milliseconds for each of: DNS, connection, greeting, silence. */
  readonly timeoutMs: number;
  /** PEM of a CA to trust in place of the system's. */
  readonly ca?: string | undefined;
}

export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** With its angle brackets; the same for every attempt, so that a mail that comes twice can be told. */
  readonly messageId: string;
  readonly inReplyTo: string | undefined;
  readonly date: Date;
}

/** What came of one attempt. Messages name no address and quote no server. */
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

export interface Mailer {
  /** Never rejects, but with the signal's reason. Takes a few times `timeoutMs` at most. */
  send(mail: Mail, signal: AbortSignal): Promise<Delivery>;
  close(): void;
}

const CONNECTIONS = 2;
/** DNS, connection, greeting and one silence, one after the other. */
const TIMEOUTS_TOGETHER = 4;

export function createMailer(settings: SmtpSettings): Mailer {
  let current: { readonly password: string | undefined; readonly transport: Transporter } | undefined;

  /** A new pool when the password is another one. */
  function transport(): Transporter {
    const password = settings.password();
    if (current === undefined || current.password !== password) {
      current?.transport.close();
      current = { password, transport: connect(settings, password) };
    }
    return current.transport;
  }

  return {
    async send(mail, signal) {
      const deadline = AbortSignal.timeout(TIMEOUTS_TOGETHER * settings.timeoutMs);
      try {
        const { to, subject, text, html, messageId, inReplyTo, date } = mail;
        const info = await transport().sendMail({
          from: { name: "o365-sync-operator", address: settings.from },
          to: [...to],
          subject,
          text,
          html,
          messageId,
          date,
          ...(inReplyTo === undefined ? {} : { inReplyTo, references: inReplyTo }),
          // RFC 3834: nobody's absence notice answers it.
          headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: AbortSignal.any([signal, deadline]),
        });
        return accepted(info);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (deadline.aborted) return { kind: "deferred", unreachable: true, message: TIMED_OUT };
        return explain(error as SmtpError);
      }
    },
    close() {
      current?.transport.close();
      current = undefined;
    },
  };
}

function connect(settings: SmtpSettings, password: string | undefined): Transporter {
  const { host, port, security, username, timeoutMs, ca } = settings;
  return createTransport({
    pool: true,
    maxConnections: CONNECTIONS,
    // A mail whose connection broke off is owed still: the caller repeats it.
    maxRequeues: 0,
    idleTimeout: 60_000,
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    ...(username === undefined ? {} : { auth: { user: username, pass: password ?? "" } }),
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    tls: { minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) },
  });
}

interface SmtpError extends Error {
  readonly code?: string;
  /** The system's own, such as ECONNREFUSED. */
  readonly originalCode?: string;
  readonly responseCode?: number;
  readonly permanent?: boolean;
  readonly command?: string;
  readonly rejectedErrors?: readonly SmtpError[];
  readonly recipient?: string;
}

interface Sent {
  readonly rejected?: readonly (string | { readonly address: string })[] | undefined;
  readonly rejectedErrors?: readonly SmtpError[] | undefined;
}

function accepted({ rejectedErrors = [] }: Sent): Delivery {
  const deferred = rejectedErrors.filter(({ permanent }) => permanent !== true);
  const refused = rejectedErrors.length - deferred.length;
  const codes = [...new Set(rejectedErrors.map(({ responseCode }) => responseCode))].join(", ");
  return {
    kind: "accepted",
    deferred: deferred.flatMap(({ recipient }) => (recipient === undefined ? [] : [recipient])),
    refused,
    message:
      rejectedErrors.length === 0
        ? "the SMTP server took it"
        : `the SMTP server did not take it for ${count(rejectedErrors.length)} (${codes})`,
  };
}

const count = (recipients: number): string => (recipients === 1 ? "1 recipient" : `${recipients} recipients`);

const NO_TLS =
  "the SMTP server gives no TLS that can be trusted; check --smtp-tls and --smtp-port, or trust its CA with NODE_EXTRA_CA_CERTS";
const BROKE_OFF =
  "the SMTP server could not be reached or broke off; check --smtp-host, --smtp-port and the NetworkPolicy";
const TIMED_OUT = "the SMTP server did not answer in time; check --smtp-host, --smtp-port and the NetworkPolicy";

/** By nodemailer's code; what stands here concerns every mail, not this one. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  ETIMEDOUT: TIMED_OUT,
  EDNS: "the SMTP server's name was not found; check --smtp-host and DNS",
  EAUTH: "the SMTP server does not accept the user name and password; check --smtp-username and the password",
  ETLS: NO_TLS,
  ECONNECTION: BROKE_OFF,
  ESOCKET: BROKE_OFF,
};

function explain({ code = "", originalCode = "", responseCode, permanent, command }: SmtpError): Delivery {
  const answer = `${responseCode}${command === undefined ? "" : ` to ${command}`}`;
  if ((code === "EENVELOPE" || code === "EMESSAGE") && responseCode !== undefined) {
    if (permanent === true) return { kind: "refused", message: `the SMTP server refused it (${answer})` };
    return { kind: "deferred", unreachable: false, message: `the SMTP server put it off (${answer})` };
  }
  const known = /CERT|SSL|TLS|VERIFY|ISSUER/.test(originalCode) ? NO_TLS : UNREACHABLE[code];
  if (known !== undefined) return { kind: "deferred", unreachable: true, message: known };
  return {
    kind: "deferred",
    unreachable: true,
    message: `the conversation with the SMTP server failed (${code || "no code"})`,
  };
}
