/** Deliveries: who gets the mail, under which Message-ID, and when another attempt is worth it. */
import { describe, expect, it } from "vitest";
import type { Clock } from "../../../src/base/deps.ts";
import type { Mail, Mailer } from "../../../src/notify/mailer.ts";
import { createNotifier, type Order } from "../../../src/notify/notifier.ts";
import { composeReport } from "../../../src/notify/report.ts";
import type { Delivery } from "../../../src/notify/smtp-answer.ts";
import { inputOf } from "./report-cases.ts";

const ACCEPTED: Delivery = { kind: "accepted", deferred: [], refused: 0, message: "the SMTP server took it" };
const UNREACHABLE: Delivery = { kind: "deferred", unreachable: true, message: "no answer" };

const ORDER: Order = {
  object: "mail/example-com",
  report: composeReport(inputOf()),
  recipients: ["ops@example.com", "boss@example.net"],
  identity: "uid mail example-com slot-1 end",
  follows: undefined,
  date: Date.UTC(2026, 0, 1),
};

function setUp(answers: readonly Delivery[], allowedDomains: readonly string[] = [], mailsPerHour = 500) {
  const mails: Mail[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    setTimeout: () => () => {},
    sleep: () => Promise.resolve(),
  };
  const mailer: Mailer = {
    send(mail) {
      mails.push(mail);
      return Promise.resolve(answers[mails.length - 1] ?? ACCEPTED);
    },
    close: () => {},
  };
  const notifier = createNotifier({ mailer, allowedDomains, idDomain: "example.com", mailsPerHour, clock });
  const deliver = (order: Partial<Order> = {}) =>
    notifier.deliver({ ...ORDER, ...order }, new AbortController().signal);
  const pass = (ms: number): void => {
    now += ms;
  };
  return { mails, deliver, pass };
}

describe("A delivery", () => {
  it("has the same Message-ID for every attempt, in every process, and another for another mail", async () => {
    const [one, other] = [setUp([]), setUp([])];
    await one.deliver();
    await other.deliver();
    await other.deliver({ identity: "uid mail example-com slot-2 end", follows: ORDER.identity });
    const [first, again, next] = [one.mails[0], ...other.mails];
    expect(first?.messageId).toMatch(/^<[0-9a-f]{40}@example\.com>$/);
    expect(again?.messageId).toBe(first?.messageId);
    expect(next?.messageId).not.toBe(first?.messageId);
    expect(next?.inReplyTo).toBe(first?.messageId);
  });

  it("goes to the good recipients, and says how many get nothing and why", async () => {
    const { mails, deliver } = setUp([], ["example.com"]);
    const delivered = await deliver({ recipients: ["ops@example.com", "not an address", "boss@example.net"] });
    expect(mails[0]?.to).toEqual(["ops@example.com"]);
    expect(delivered).toEqual({
      result: "Partial",
      message:
        "sent to the others only: 1 recipient of spec.notifications no mail address; 1 recipient in a domain that --notification-allowed-domains does not name",
    });
  });

  it("that nobody may get is not tried", async () => {
    const { mails, deliver } = setUp([], ["example.org"]);
    expect(await deliver()).toMatchObject({
      result: "Failed",
      message: expect.stringMatching(/^nobody may get it: 2/) as unknown,
    });
    expect(mails).toEqual([]);
  });

  it("without a mail server says what to set", async () => {
    const clock = { now: () => 0, monotonic: () => 0 } as Clock;
    const notifier = createNotifier({ mailer: undefined, allowedDomains: [], idDomain: "x", mailsPerHour: 1, clock });
    const { result, message } = await notifier.deliver(ORDER, new AbortController().signal);
    expect(result).toBe("Failed");
    expect(message).toMatch(/--smtp-host/);
  });

  it("is repeated only for those that were put off, and counts those that were refused", async () => {
    const partly: Delivery = {
      kind: "accepted",
      deferred: ["boss@example.net"],
      refused: 1,
      message: "not for 2 (451, 550)",
    };
    const { mails, deliver } = setUp([partly]);
    const recipients = ["ops@example.com", "boss@example.net", "gone@example.com"];
    expect(await deliver({ recipients })).toMatchObject({ result: "Deferred" });
    expect(await deliver({ recipients })).toEqual({
      result: "Partial",
      message: "sent to the others only: 1 recipient refused by the SMTP server",
    });
    expect(mails.map(({ to }) => to)).toEqual([recipients, ["boss@example.net"]]);
  });

  it("leaves a server that cannot be reached alone for a minute, for all objects", async () => {
    const { mails, deliver, pass } = setUp([UNREACHABLE]);
    expect(await deliver()).toEqual({ result: "Deferred", message: "no answer" });
    pass(59_000);
    expect(await deliver({ identity: "another" })).toEqual({ result: "Deferred", message: "no answer" });
    expect(mails).toHaveLength(1);
    pass(1_000);
    expect(await deliver()).toMatchObject({ result: "Sent" });
  });

  it("that was refused for good is not worth another attempt", async () => {
    const { deliver } = setUp([{ kind: "refused", message: "the SMTP server refused it (554 to DATA)" }]);
    expect(await deliver()).toEqual({ result: "Failed", message: "the SMTP server refused it (554 to DATA)" });
  });
});

describe("The mails of an hour", () => {
  const HOUR = 3_600_000;
  /** How many of so many deliveries are not sent, and the last message. */
  async function tooMany(deliver: ReturnType<typeof setUp>["deliver"], count: number, object: string) {
    let deferred = 0;
    let last = "";
    for (let index = 0; index < count; index++) {
      const { result, message } = await deliver({ object, identity: `${object} ${index}` });
      if (result === "Deferred") deferred++;
      last = message;
    }
    return { deferred, last };
  }

  it("are 20 of an object, then the mail waits, and says so", async () => {
    const { mails, deliver, pass } = setUp([]);
    expect(await tooMany(deliver, 25, "mail/a")).toEqual({
      deferred: 5,
      last: "this object has sent its 20 mails of this hour; the mail waits for the next",
    });
    expect(mails).toHaveLength(20);
    expect(await tooMany(deliver, 1, "mail/b")).toMatchObject({ deferred: 0 });
    pass(HOUR);
    expect(await tooMany(deliver, 1, "mail/a")).toMatchObject({ deferred: 0 });
  });

  it("are half of the installation's for a namespace, however many objects it has", async () => {
    const { deliver } = setUp([], [], 10);
    for (const name of ["a", "b", "c"]) await tooMany(deliver, 2, `mail/${name}`);
    expect(await tooMany(deliver, 1, "mail/d")).toMatchObject({
      deferred: 1,
      last: "this namespace has sent its 5 mails of this hour; the mail waits for the next",
    });
    expect(await tooMany(deliver, 5, "other/a")).toMatchObject({ deferred: 0 });
    expect(await tooMany(deliver, 1, "third/a")).toMatchObject({
      deferred: 1,
      last: expect.stringContaining("the installation (--mails-per-hour) has sent its 10 mails") as unknown,
    });
  });
});
