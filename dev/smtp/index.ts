/** A mail server on loopback that catches what it gets: for the demo and the tests. It can be told to misbehave. */
import type { AddressInfo, Socket } from "node:net";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer, type SMTPServerSession } from "smtp-server";
import { cert, key } from "../tls/index.ts";

export interface CaughtMail {
  /** Of the envelope. */
  readonly from: string;
  readonly to: readonly string[];
  readonly isEncrypted: boolean;
  /** What the client called itself. */
  readonly client: string;
  readonly user: string | undefined;
  /** As it came over the wire. */
  readonly raw: string;
  readonly email: Email;
}

/** An answer to a command, such as `{ code: 451, text: "later" }`. */
export interface Refusal {
  readonly code: number;
  readonly text: string;
}

/** How it behaves; may be changed at any time. */
export interface Behaviour {
  /** Answers the connection in place of a greeting. */
  onConnect?: (() => Refusal | undefined) | undefined;
  /** Answers AUTH in place of a check of the password. */
  onLogin?: (() => Refusal | undefined) | undefined;
  /** Answers MAIL FROM. */
  onSender?: (() => Refusal | undefined) | undefined;
  /** Answers RCPT TO; undefined accepts. */
  onRecipient?: ((address: string) => Refusal | undefined) | undefined;
  /** Answers the end of DATA; "silence" never answers. */
  onMail?: (() => Refusal | "silence" | undefined) | undefined;
}

export interface CatcherOptions {
  /** Default true. */
  readonly starttls?: boolean;
  /** TLS from the start; default false. */
  readonly tls?: boolean;
  /** Demands a login with these. */
  readonly login?: { readonly user: string; readonly password: string };
  /** The ways of logging in that it knows. */
  readonly loginMethods?: readonly string[];
  /** Told of each mail, once it was accepted. */
  readonly onCaught?: (mail: CaughtMail) => void;
  /** Default: a free one. */
  readonly port?: number;
}

export interface Catcher {
  readonly port: number;
  readonly mails: readonly CaughtMail[];
  /** TCP connections accepted so far. */
  readonly connections: number;
  readonly behaviour: Behaviour;
  /** Refuses connections until the answer is called. */
  away(): () => Promise<void>;
  close(): Promise<void>;
}

export async function startCatcher(options: CatcherOptions = {}): Promise<Catcher> {
  const { starttls = true, tls = false, login, loginMethods, port = 0, onCaught } = options;
  const mails: CaughtMail[] = [];
  const behaviour: Behaviour = {};
  let connections = 0;

  async function answer(raw: string, session: SMTPServerSession, callback: (error: Error | null) => void) {
    const refusal = behaviour.onMail?.();
    if (refusal === "silence") return;
    if (refusal !== undefined) {
      callback(refusalError(refusal));
      return;
    }
    const mail = await caught(raw, session);
    mails.push(mail);
    callback(null);
    onCaught?.(mail);
  }

  const server = new SMTPServer({
    secure: tls,
    key,
    cert,
    disabledCommands: [...(starttls ? [] : ["STARTTLS"]), ...(login === undefined ? ["AUTH"] : [])],
    authOptional: login === undefined,
    ...(loginMethods === undefined ? {} : { authMethods: [...loginMethods] }),
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    onConnect(_session, callback) {
      connections++;
      const refusal = behaviour.onConnect?.();
      callback(refusal && refusalError(refusal));
    },
    onAuth({ username, password }, _session, callback) {
      const refusal = behaviour.onLogin?.();
      if (refusal !== undefined) callback(refusalError(refusal));
      else if (username === login?.user && password === login?.password) callback(null, { user: username });
      else callback(refusalError({ code: 535, text: "5.7.8 wrong user name or password" }));
    },
    onMailFrom(_address, _session, callback) {
      const refusal = behaviour.onSender?.();
      callback(refusal && refusalError(refusal));
    },
    onRcptTo({ address }, _session, callback) {
      const refusal = behaviour.onRecipient?.(address);
      callback(refusal && refusalError(refusal));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => void answer(Buffer.concat(chunks).toString("utf8"), session, callback));
    },
  });
  server.on("error", () => {});
  const sockets = socketsOf(server);
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  const { port: taken } = server.server.address() as AddressInfo;
  return {
    port: taken,
    mails,
    get connections() {
      return connections;
    },
    behaviour,
    away: () => goAway(server, sockets, taken),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/** Those that are open. */
function socketsOf({ server }: SMTPServer): ReadonlySet<Socket> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return open;
}

/** Breaks its connections off, whatever they are in the middle of, and listens no more until the answer is called. */
function goAway({ server }: SMTPServer, sockets: ReadonlySet<Socket>, port: number): () => Promise<void> {
  server.close();
  for (const socket of sockets) socket.destroy();
  return () => new Promise((resolve) => void server.listen(port, "127.0.0.1", resolve));
}

async function caught(raw: string, session: SMTPServerSession): Promise<CaughtMail> {
  const { mailFrom, rcptTo } = session.envelope;
  return {
    from: mailFrom === false ? "" : mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    isEncrypted: session.secure,
    client: session.hostNameAppearsAs,
    user: typeof session.user === "string" ? session.user : undefined,
    raw,
    email: await PostalMime.parse(raw),
  };
}

const refusalError = ({ code, text }: Refusal): Error => Object.assign(new Error(text), { responseCode: code });
