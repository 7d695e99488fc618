/** Real conversations with a mail server: what comes of each, told without addresses. */
import { afterEach, describe, expect, it } from "vitest";
import { type CatcherOptions, startCatcher } from "../../../dev/smtp/index.ts";
import { ca } from "../../../dev/tls/index.ts";
import { createMailer, type Mail, type Mailer, type SmtpSettings } from "../../../src/notify/mailer.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function setUp(options: CatcherOptions = {}, settings: Partial<SmtpSettings> = {}) {
  const catcher = await startCatcher(options);
  const mailer = createMailer({
    host: "127.0.0.1",
    port: catcher.port,
    security: "starttls",
    username: undefined,
    password: () => undefined,
    from: "o365-sync@example.com",
    clientName: "mail.example.com",
    timeoutMs: 5_000,
    ca,
    ...settings,
  });
  closing.push(
    () => mailer.close(),
    () => catcher.close(),
  );
  return { catcher, mailer };
}

const MAIL: Mail = {
  to: ["ops@example.com", "boss@example.com"],
  subject: "example.com: published",
  text: "two accounts added\n",
  html: "<p>two accounts added</p>",
  messageId: "<abc@example.com>",
  inReplyTo: "<before@example.com>",
  date: new Date("2026-11-24T06:00:12Z"),
};

const send = (mailer: Mailer) => mailer.send(MAIL, new AbortController().signal);

function addressless(message: string): string {
  expect(message).not.toContain("@");
  return message;
}

describe("A mail", () => {
  it("is accepted, encrypted, in two forms, and asks for no automatic answer", async () => {
    const { catcher, mailer } = await setUp();
    expect(await send(mailer)).toMatchObject({ kind: "accepted", deferred: [], refused: 0 });
    expect(catcher.mails).toHaveLength(1);
    const [mail] = catcher.mails;
    expect(mail).toMatchObject({ to: MAIL.to, isEncrypted: true });
    const { email } = mail ?? {};
    expect(email).toMatchObject({
      subject: MAIL.subject,
      messageId: MAIL.messageId,
      inReplyTo: MAIL.inReplyTo,
      text: expect.stringContaining(MAIL.text) as unknown,
      html: expect.stringContaining(MAIL.html) as unknown,
      from: { name: "o365-sync-operator", address: "o365-sync@example.com" },
      date: "2026-11-24T06:00:12.000Z",
    });
    const headers = Object.fromEntries((email?.headers ?? []).map(({ key, value }) => [key, value]));
    expect(headers).toMatchObject({ "auto-submitted": "auto-generated", "x-auto-response-suppress": "All" });
  });

  it("reaches the others when one recipient is refused", async () => {
    const { catcher, mailer } = await setUp();
    catcher.behaviour.onRecipient = (address) =>
      address.startsWith("boss") ? { code: 550, text: `5.1.1 <${address}> unknown` } : undefined;
    const delivery = await send(mailer);
    expect(delivery).toMatchObject({ kind: "accepted", deferred: [], refused: 1 });
    expect(addressless(delivery.message)).toBe(
      "the SMTP server did not take it for 1 recipient (550 to RCPT TO: 5.1.1 <…> unknown)",
    );
    expect(catcher.mails[0]?.to).toEqual(["ops@example.com"]);
  });

  it("tells which recipients were put off", async () => {
    const { catcher, mailer } = await setUp();
    catcher.behaviour.onRecipient = (address) =>
      address.startsWith("boss") ? { code: 451, text: "4.7.1 greylisted" } : undefined;
    expect(await send(mailer)).toMatchObject({ kind: "accepted", deferred: ["boss@example.com"], refused: 0 });
  });

  it("is worth another attempt after a 4xx, which is accepted over the same connection", async () => {
    const { catcher, mailer } = await setUp();
    catcher.behaviour.onMail = () => ({ code: 451, text: "4.3.0 later" });
    const first = await send(mailer);
    expect(first).toMatchObject({ kind: "deferred", unreachable: false });
    expect(addressless(first.message)).toMatch(/put it off \(451/);
    catcher.behaviour.onMail = undefined;
    expect(await send(mailer)).toMatchObject({ kind: "accepted" });
    expect(catcher.connections).toBeLessThanOrEqual(2);
  });

  it("is refused for good by a 5xx", async () => {
    const { catcher, mailer } = await setUp();
    catcher.behaviour.onMail = () => ({ code: 554, text: "5.7.1 no mail for ops@example.com" });
    const delivery = await send(mailer);
    expect(delivery.kind).toBe("refused");
    expect(addressless(delivery.message)).toBe("the SMTP server refused it (554 to DATA: 5.7.1 no mail for …)");
  });

  it("is refused for good when no recipient is taken", async () => {
    const { catcher, mailer } = await setUp();
    catcher.behaviour.onRecipient = () => ({ code: 550, text: "5.1.1 unknown" });
    expect(await send(mailer)).toMatchObject({ kind: "refused" });
  });

  it("does not leave without STARTTLS", async () => {
    const { catcher, mailer } = await setUp({ starttls: false });
    const delivery = await send(mailer);
    expect(delivery).toMatchObject({ kind: "deferred", unreachable: true });
    expect(delivery.message).toMatch(/gives no TLS/);
    expect(catcher.mails).toHaveLength(0);
  });

  it("leaves in the clear where that was asked for", async () => {
    const { catcher, mailer } = await setUp({ starttls: false }, { security: "none" });
    expect(await send(mailer)).toMatchObject({ kind: "accepted" });
    expect(catcher.mails[0]?.isEncrypted).toBe(false);
  });

  it("leaves over TLS from the start where that was asked for", async () => {
    const { catcher, mailer } = await setUp({ tls: true }, { security: "tls" });
    expect(await send(mailer)).toMatchObject({ kind: "accepted" });
    expect(catcher.mails[0]?.isEncrypted).toBe(true);
  });

  it("does not leave to a server whose certificate nobody vouches for", async () => {
    const { mailer } = await setUp({}, { ca: undefined });
    const delivery = await send(mailer);
    expect(delivery).toMatchObject({ kind: "deferred", unreachable: true });
    expect(delivery.message).toMatch(/gives no TLS that can be trusted/);
  });

  it("is given up for now when the server falls silent at the end of DATA", async () => {
    const { catcher, mailer } = await setUp({}, { timeoutMs: 400 });
    catcher.behaviour.onMail = () => "silence";
    const started = performance.now();
    const delivery = await send(mailer);
    expect(delivery).toMatchObject({ kind: "deferred", unreachable: true });
    expect(delivery.message).toMatch(/did not answer in time/);
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it("is given up for now when the connection is refused", async () => {
    const { catcher, mailer } = await setUp();
    await catcher.close();
    const delivery = await send(mailer);
    expect(delivery).toMatchObject({ kind: "deferred", unreachable: true });
    expect(delivery.message).toMatch(/could not be reached/);
  });

  it("is cut short by its signal", async () => {
    const { catcher, mailer } = await setUp();
    catcher.behaviour.onMail = () => "silence";
    const stop = new AbortController();
    const sent = mailer.send(MAIL, stop.signal);
    setTimeout(() => stop.abort(new Error("told to stop")), 50);
    await expect(sent).rejects.toThrow("told to stop");
  });
});

it("does not show its recipients to each other, and names itself as it was told (issue 19, point 13)", async () => {
  const { catcher, mailer } = await setUp();
  await send(mailer);
  const [mail] = catcher.mails;
  expect(mail?.to).toEqual(MAIL.to);
  expect(mail?.raw).not.toMatch(/ops@|boss@/);
  expect(mail?.raw).toMatch(/^To: "?undisclosed-recipients"?:;\r$/m);
  expect(mail?.client).toBe("mail.example.com");
});

/** RFC 5321, 4.2.1 and 4.2.2: what an answer is about, and whether another attempt may succeed (issue 17, point 18). */
describe("An answer of the server", () => {
  const no = (code: number, text: string) => () => ({ code, text });
  it.each([
    [
      "421 as its greeting",
      { onConnect: no(421, "4.3.2 closing") },
      "every mail",
      /not available for the moment \(421: 4\.3\.2 closing\)/,
    ],
    [
      "554 as its greeting",
      { onConnect: no(554, "5.7.1 you are listed") },
      "every mail",
      /does not let the operator in \(554: .*--smtp-client-name/,
    ],
    [
      "421 to MAIL FROM",
      { onSender: no(421, "4.7.0 slow down") },
      "every mail",
      /not available for the moment \(421 to MAIL FROM/,
    ],
    ["451 to MAIL FROM", { onSender: no(451, "4.3.0 later") }, "this mail", /put it off \(451 to MAIL FROM/],
    [
      "530 to MAIL FROM",
      { onSender: no(530, "5.7.57 not authenticated") },
      "every mail",
      /asks for a login or for TLS \(530/,
    ],
    [
      "550 to MAIL FROM",
      { onSender: no(550, "5.1.8 o365-sync@example.com unknown") },
      "every mail",
      /mails from this sender \(550 to MAIL FROM: 5\.1\.8 … unknown\); check --smtp-from/,
    ],
    ["552 to MAIL FROM", { onSender: no(552, "5.3.4 too large") }, "refused", /refused it \(552/],
    ["421 to RCPT TO", { onRecipient: no(421, "4.7.0 closing") }, "every mail", /not available for the moment \(421/],
    ["450 to RCPT TO", { onRecipient: no(450, "4.2.0 greylisted") }, "this mail", /put it off \(450 to RCPT TO/],
    [
      "530 to RCPT TO",
      { onRecipient: no(530, "5.7.57 not authenticated") },
      "every mail",
      /asks for a login or for TLS \(530/,
    ],
    [
      "550 to RCPT TO",
      { onRecipient: no(550, "5.1.1 unknown") },
      "refused",
      /refused it \(550 to RCPT TO: 5\.1\.1 unknown/,
    ],
    ["421 to DATA", { onMail: no(421, "4.7.0 closing") }, "every mail", /not available for the moment \(421 to DATA/],
    ["530 to DATA", { onMail: no(530, "5.7.0 log in") }, "every mail", /asks for a login or for TLS \(530 to DATA/],
    ["452 to DATA", { onMail: no(452, "4.3.1 full") }, "this mail", /put it off \(452 to DATA: 4\.3\.1 full/],
    ["554 to DATA", { onMail: no(554, "5.6.0 no") }, "refused", /refused it \(554 to DATA/],
  ] as const)("%s", async (_name, behaviour, about, words) => {
    const { catcher, mailer } = await setUp();
    Object.assign(catcher.behaviour, behaviour);
    const delivery = await send(mailer);
    const expected =
      about === "refused" ? { kind: "refused" } : { kind: "deferred", unreachable: about === "every mail" };
    expect(delivery).toMatchObject(expected);
    expect(addressless(delivery.message)).toMatch(words);
  });

  it("530 to one recipient puts that one off, and loses nobody", async () => {
    const { catcher, mailer } = await setUp();
    catcher.behaviour.onRecipient = (address) =>
      address.startsWith("boss") ? { code: 530, text: "5.7.57 not authenticated" } : undefined;
    expect(await send(mailer)).toMatchObject({ kind: "accepted", deferred: ["boss@example.com"], refused: 0 });
  });

  it("is shown on one line, bounded, and without what may be a secret", async () => {
    const { catcher, mailer } = await setUp();
    catcher.behaviour.onMail = no(
      554,
      `5.7.1 see https://u:p@help.example/x?token=1 ${"Z".repeat(50)} ${"no ".repeat(300)}`,
    );
    const { message } = await send(mailer);
    expect(message).toContain("see https://help.example … no");
    expect(message.length).toBeLessThan(300);
  });
});

describe("A login", () => {
  const login = { user: "operator", password: "secret-2" };

  it("takes the password that is right now, after it was rotated", async () => {
    let password = "secret-1";
    const { catcher, mailer } = await setUp({ login }, { username: "operator", password: () => password });
    const delivery = await send(mailer);
    expect(delivery).toMatchObject({ kind: "deferred", unreachable: true });
    expect(delivery.message).toMatch(/does not accept the user name and password/);
    password = "secret-2";
    expect(await send(mailer)).toMatchObject({ kind: "accepted" });
    expect(catcher.mails[0]?.user).toBe("operator");
  });

  it.each([
    [
      "535",
      { code: 535, text: "5.7.139 disabled for the Tenant" },
      /user name and password \(535 to AUTH PLAIN: 5\.7\.139 dis/,
    ],
    ["454", { code: 454, text: "4.7.0 later" }, /cannot check the login for the moment \(454/],
  ])("that is answered %s is told in the server's words, and keeps every mail", async (_code, refusal, words) => {
    const { catcher, mailer } = await setUp({ login }, { username: "operator", password: () => "secret-2" });
    catcher.behaviour.onLogin = () => refusal;
    const delivery = await send(mailer);
    expect(delivery).toMatchObject({ kind: "deferred", unreachable: true });
    expect(delivery.message).toMatch(words);
  });

  it("to a server that takes XOAUTH2 alone is not told as a wrong password", async () => {
    const options = { login, loginMethods: ["XOAUTH2"] };
    const { mailer } = await setUp(options, { username: "operator", password: () => "secret-2" });
    const delivery = await send(mailer);
    expect(delivery).toMatchObject({ kind: "deferred", unreachable: true });
    expect(delivery.message).toMatch(/takes no login by user name and password, perhaps by XOAUTH2 alone \(504/);
  });
});
