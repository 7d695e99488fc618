/** Speaks SMTP to a gateway: just enough to ask about recipients and to hand over a mail. */
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

export interface Reply {
  readonly code: number;
  /** With the code, all lines joined. */
  readonly text: string;
}

export interface Session {
  /** Sends commands at once (RFC 2920) and answers their replies in order. */
  ask(...commands: readonly string[]): Promise<Reply[]>;
  /** Sends text as it stands, line ends too, and answers the one reply to it. */
  send(text: string): Promise<Reply>;
  close(): Promise<void>;
}

const PATIENCE_MS = 20_000;

/** Connects and says EHLO. Throws Error when the gateway does not greet, or hangs up while something is asked. */
export async function openSession(port: number, host = "127.0.0.1"): Promise<Session> {
  const socket = connect({ host, port, noDelay: true });
  const replies = readReplies(socket);
  const next = async (): Promise<Reply> => {
    const { value } = await replies.next();
    if (value === undefined) throw new Error("the gateway hung up");
    return value;
  };
  const session: Session = {
    async ask(...commands) {
      socket.write(commands.map((command) => `${command}\r\n`).join(""));
      const answers: Reply[] = [];
      for (const _ of commands) answers.push(await next());
      return answers;
    },
    async send(text) {
      socket.write(text);
      return next();
    },
    async close() {
      socket.end("QUIT\r\n");
      for await (const _ of replies);
    },
  };
  const greeting = await next();
  if (greeting.code !== 220) throw new Error(`no greeting: ${greeting.text}`);
  await session.ask("EHLO client.example");
  return session;
}

async function* readReplies(socket: Socket): AsyncGenerator<Reply, undefined> {
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("no answer within 20 s")));
  let lines: string[] = [];
  // readline does not pass on what goes wrong with its input.
  const failed = new Promise<never>((_, reject) => socket.once("error", reject));
  failed.catch(() => {});
  const input = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (;;) {
    const { value: line, done } = await Promise.race([input.next(), failed]);
    if (done === true) return;
    lines.push(line);
    if (line[3] === "-") continue;
    yield { code: Number(line.slice(0, 3)), text: lines.join("\n") };
    lines = [];
  }
}

/** A gateway takes no more in one transaction. */
const BATCH = 500;

/** What the gateway answers to RCPT TO for each address, asked over one connection. */
export async function askRecipients(port: number, addresses: readonly string[]): Promise<Map<string, Reply>> {
  const answers = new Map<string, Reply>();
  const session = await openSession(port);
  for (let start = 0; start < addresses.length; start += BATCH) {
    const batch = addresses.slice(start, start + BATCH);
    const commands = ["MAIL FROM:<sender@client.example>", ...batch.map((address) => `RCPT TO:<${address}>`), "RSET"];
    const [, ...replies] = await session.ask(...commands);
    for (const [index, address] of batch.entries()) answers.set(address, replies[index] ?? { code: 0, text: "" });
  }
  await session.close();
  return answers;
}

/** The code that RCPT TO gets, over a connection of its own. */
export async function askRecipient(port: number, address: string): Promise<number> {
  return (await askRecipients(port, [address])).get(address)?.code ?? 0;
}

/** Hands over a mail; throws Error when it is not taken, for any one of several recipients. */
export async function sendMail(port: number, to: string | readonly string[], subject: string): Promise<void> {
  const session = await openSession(port);
  const all = typeof to === "string" ? [to] : to;
  const text = [`Subject: ${subject}`, `To: <${all[0]}>`, "From: <sender@client.example>", "", "Hello.", "."].join(
    "\r\n",
  );
  const recipients = all.map((address) => [`RCPT TO:<${address}>`]);
  const steps = [["MAIL FROM:<sender@client.example>"], ...recipients, ["DATA"], [text]];
  for (const step of steps) {
    const [reply] = await session.ask(...step);
    if (reply === undefined || reply.code >= 400) throw new Error(`not taken: ${reply?.text}`);
  }
  await session.close();
}
