/** Sends mails through one SMTP server over a few pooled connections, and says in public words what came of each. */
import { createTransport, type Transporter } from "nodemailer";
import { answerOf, type Delivery, explain, isFinal, type SmtpError } from "./smtp-answer.ts";

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
  /** What we call ourselves in EHLO. */
  readonly clientName: string;
  /** Milliseconds for each of: DNS, connection, greeting, silence. */
  readonly timeoutMs: number;
  /** PEM of a CA to trust in place of the system's. */
  readonly ca?: string | undefined;
}

export interface Mail {
  /** They get it, and do not see each other. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** With its angle brackets; the same for every attempt, so that a mail that comes twice can be told. */
  readonly messageId: string;
  readonly inReplyTo: string | undefined;
  readonly date: Date;
}

export interface Mailer {
  /** Never rejects, but with the signal's reason. Takes a few times `timeoutMs` at most. */
  send(mail: Mail, signal: AbortSignal): Promise<Delivery>;
  close(): void;
}

/** RFC 3834: nobody's absence notice answers it. */
const HEADERS = { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" };
const CONNECTIONS = 2;
/** The server would be asked for nothing but a refusal. */
const NO_PASSWORD =
  "there is no password for the SMTP server; put it into the file of --smtp-password-file, which the chart mounts from the Secret smtp.existingSecret";
/** DNS, connection, greeting and one silence, one after the other. */
const TIMEOUTS_TOGETHER = 4;

export function createMailer(settings: SmtpSettings): Mailer {
  let current: { readonly password: string | undefined; readonly transport: Transporter } | undefined;

  /** A new pool when the password is another one. */
  function transport(password: string | undefined): Transporter {
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
        const password = settings.password();
        if (settings.username !== undefined && !password)
          return { kind: "deferred", unreachable: true, message: NO_PASSWORD };
        const { to, subject, text, html, messageId, inReplyTo, date } = mail;
        const info = await transport(password).sendMail({
          from: { name: "o365-sync-operator", address: settings.from },
          // Everybody sees the head, and the envelope says who gets it.
          headers: { ...HEADERS, To: "undisclosed-recipients:;" },
          envelope: { from: settings.from, to: [...to] },
          subject,
          text,
          html,
          messageId,
          date,
          ...(inReplyTo === undefined ? {} : { inReplyTo, references: inReplyTo }),
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: AbortSignal.any([signal, deadline]),
        });
        return accepted(info);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const delivery = explain(deadline.aborted ? { code: "ETIMEDOUT" } : (error as SmtpError));
        return withoutSecret(delivery, current?.password);
      }
    },
    close() {
      current?.transport.close();
      current = undefined;
    },
  };
}

/** A server may say the password back: nobody else is told. */
function withoutSecret(delivery: Delivery, password: string | undefined): Delivery {
  if (password === undefined || password === "" || delivery.message === undefined) return delivery;
  const encoded = Buffer.from(password).toString("base64").replace(/=+$/, "");
  return { ...delivery, message: delivery.message.replaceAll(password, "…").replaceAll(encoded, "…") };
}

function connect(settings: SmtpSettings, password: string | undefined): Transporter {
  const { host, port, security, username, clientName, timeoutMs, ca } = settings;
  return createTransport({
    pool: true,
    maxConnections: CONNECTIONS,
    // A mail whose connection broke off is owed still: the caller repeats it.
    maxRequeues: 0,
    idleTimeout: 60_000,
    host,
    port,
    name: clientName,
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

interface Sent {
  readonly rejected?: readonly (string | { readonly address: string })[] | undefined;
  readonly rejectedErrors?: readonly SmtpError[] | undefined;
}

function accepted({ rejectedErrors = [] }: Sent): Delivery {
  const [first] = rejectedErrors;
  if (first === undefined) return { kind: "accepted", deferred: [], refused: 0, message: "the SMTP server took it" };
  const deferred = rejectedErrors.filter((error) => !isFinal(error));
  const count = rejectedErrors.length === 1 ? "1 recipient" : `${rejectedErrors.length} recipients`;
  return {
    kind: "accepted",
    deferred: deferred.flatMap(({ recipient }) => (recipient === undefined ? [] : [recipient])),
    refused: rejectedErrors.length - deferred.length,
    message: `the SMTP server did not take it for ${count} (${answerOf(first)})`,
  };
}
