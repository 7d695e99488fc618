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
    expect(addressless(delivery.message)).toBe("the SMTP server did not take it for 1 recipient (550)");
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
    expect(addressless(delivery.message)).toBe("the SMTP server refused it (554 to DATA)");
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
});
