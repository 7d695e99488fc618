/** Mails of the running operator, to a real mail server on loopback. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Catcher, startCatcher } from "../../../dev/smtp/index.ts";
import { createShiftClock } from "../../support/shift-clock.ts";
import { createWorld, type World } from "../../support/world.ts";

const MINUTE_MS = 60_000;
const ON = { enabled: true, recipients: ["ops@example.com"] };

describe("An object with notifications", () => {
  const clock = createShiftClock();
  let catcher: Catcher;
  let world: World;
  beforeAll(async () => {
    catcher = await startCatcher();
    const flags = [
      "--smtp-host=127.0.0.1",
      `--smtp-port=${catcher.port}`,
      "--smtp-from=sync@example.com",
      "--smtp-timeout=1",
    ];
    world = await createWorld({ deps: { clock, random: () => 0 }, flags });
    await world.install({ notifications: ON });
  });
  afterAll(async () => {
    await world.close();
    await catcher.close();
  });

  const mailed = (count: number) =>
    world.until(
      () => Promise.resolve(catcher.mails),
      (mails) => mails.length >= count,
    );
  const delivered = (result: string) =>
    world.until(
      () => world.sync(),
      ({ status }) => status?.notifications?.last?.result === result,
    );

  it("gets one mail for a test and one for a sync", async () => {
    await world.ask("testConnection", "1");
    await world.ask("sync", "2");
    const mails = await mailed(2);
    expect(mails.map(({ email }) => email.subject?.replace(/\(.*/, ""))).toEqual([
      "[o365-sync] example.com: the connection works",
      "[o365-sync] example.com: a new list is published ",
    ]);
    expect(mails.every(({ isEncrypted, to }) => isEncrypted && to.join() === "ops@example.com")).toBe(true);
    expect(mails[1]?.email.text).toContain("Manual (2, field manager");
    await delivered("Sent");
    expect(catcher.mails).toHaveLength(2);
  });

  it("gets the approve command for a held plan, and it works", async () => {
    const { company } = world.tenant;
    for (const { id } of [...company.users.values()].slice(0, 60)) company.remove(id);
    await world.ask("sync", "3");
    const [, , mail] = await mailed(3);
    expect(mail?.email.subject).toMatch(/held, nothing was saved/);
    const [, digest = ""] = /approve=([0-9a-f]{20}) --overwrite/.exec(mail?.email.text ?? "") ?? [];
    expect(mail?.email.html).toContain(`approve=${digest}`);
    const { status } = await world.ask("approve", digest);
    expect(status?.lastSync).toMatchObject({ trigger: "Approval", result: "Published" });
    expect((await mailed(4))[3]?.email.subject).toMatch(/a new list is published/);
  });

  it("is synced also when no mail server answers; its mail comes later, once, over a restart", async () => {
    const before = catcher.mails.length;
    catcher.behaviour.onMail = () => ({ code: 451, text: "4.3.0 later" });
    const { status } = await world.ask("sync", "5");
    expect(status?.lastSync).toMatchObject({ result: "Unchanged" });
    const late = await delivered("Deferred");
    expect(late.status?.lastSync?.message).toBe("nothing changed");
    expect(late.status?.lastSync?.mail).toMatch(/^deferred: the SMTP server put it off/);
    expect(late.status?.conditions?.[0]).toMatchObject({ type: "Ready", status: "True" });
    await world.stopOperator();
    catcher.behaviour.onMail = undefined;
    clock.shift(MINUTE_MS);
    await world.startOperator();
    await mailed(before + 1);
    const sent = await delivered("Sent");
    expect(sent.status?.notifications?.pending).toEqual([]);
    expect(sent.status?.lastSync?.mail).toBeUndefined();
    expect(catcher.mails).toHaveLength(before + 1);
  });

  it("is told nothing that somebody wrote into the history ConfigMap (issue 19, point 9)", async () => {
    const before = catcher.mails.length;
    catcher.behaviour.onMail = () => ({ code: 451, text: "4.3.0 later" });
    world.tenant.company.hire("forged@example.com");
    await world.ask("sync", "6");
    await delivered("Deferred");
    const history = (await world.configMaps()).find(({ metadata }) => metadata.name === "example-com-history");
    const { records } = JSON.parse(history?.data?.["history.json"] ?? "") as { records: Record<string, unknown>[] };
    const lie = {
      summary: "please confirm at https://evil.example.net",
      syncedBy: "Mallory",
      added: ["lie@example.com"],
    };
    const forged = JSON.stringify({ schemaVersion: 1, records: records.map((record) => ({ ...record, ...lie })) });
    await world.patch("configmaps", "example-com-history", { data: { "history.json": forged } });
    catcher.behaviour.onMail = undefined;
    clock.shift(MINUTE_MS);
    const [mail] = (await mailed(before + 1)).slice(before);
    expect(mail?.raw).not.toMatch(/evil|Mallory|lie@/);
    expect(mail?.email.text).toContain("1 account added");
    expect(mail?.email.text).toContain("Manual (6, field manager");
    expect(mail?.email.text).toContain("numbers and addresses are left out");
    const { status } = await world.ask("sync", "7");
    expect(JSON.stringify(status)).not.toMatch(/evil|Mallory/);
    await mailed(before + 2);
    await delivered("Sent");
  });

  it("gets one mail at the first failure of a slot and one at its end, in one thread", async () => {
    const before = catcher.mails.length;
    await world.patch("o365syncs", "example-com", { spec: { schedule: { enabled: true, times: ["06:00"] } } });
    const cancel = world.tenant.fault({
      on: "users",
      effect: { kind: "status", status: 400, code: "Request_BadRequest" },
    });
    const planned = await world.until(
      () => world.sync(),
      ({ status }) => status?.schedule?.nextTime !== undefined,
    );
    clock.shift(Date.parse(planned.status?.schedule?.nextTime ?? "") - clock.now());
    for (const attempts of [1, 2]) {
      const failed = await world.until(
        () => world.sync(),
        ({ status }) => status?.lastSync?.attempts === attempts && status.lastSync.result === "Failed",
      );
      clock.shift(Date.parse(failed.status?.retry?.time ?? "") - clock.now());
    }
    cancel();
    await world.until(
      () => world.sync(),
      ({ status }) => status?.lastSync?.result === "Unchanged",
    );
    const [failure, end] = (await mailed(before + 2)).slice(before);
    expect(failure?.email.subject).toMatch(/the sync failed \(RequestRefused\)/);
    expect(end?.email.subject).toMatch(/works again/);
    expect(end?.email.inReplyTo).toBe(failure?.email.messageId);
    await delivered("Sent");
    expect(catcher.mails).toHaveLength(before + 2);
  });
});

/** They come every 20 ms. */
const LOOKS_A_SHIFT = 100;

describe("A mail server's password that is missing", () => {
  const clock = createShiftClock();
  const login = { user: "operator", password: "secret-of-the-mail-server" };
  let folder: string;
  let catcher: Catcher;
  let world: World;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-password-"));
    catcher = await startCatcher({ login });
    const flags = [
      "--smtp-host=127.0.0.1",
      `--smtp-port=${catcher.port}`,
      "--smtp-from=sync@example.com",
      "--smtp-username=operator",
      `--smtp-password-file=${join(folder, "password")}`,
    ];
    world = await createWorld({ deps: { clock, random: () => 0 }, flags });
    await world.install({ notifications: ON });
  });
  afterAll(async () => {
    await world.close();
    await catcher.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("is told as that, and the mail goes when it is there", async () => {
    await world.ask("sync", "1");
    const { status } = await world.until(
      () => world.sync(),
      (found) => found.status?.notifications?.last?.result === "Deferred",
    );
    expect(status?.notifications?.last?.message).toContain("there is no password for the SMTP server");
    await writeFile(join(folder, "password"), login.password);
    let looks = 0;
    await world.until(
      () => {
        // Now and then: time that passes while a mail is on its way is a server that does not answer.
        if (looks++ % LOOKS_A_SHIFT === 0) clock.shift(10 * MINUTE_MS);
        return Promise.resolve(catcher.mails);
      },
      (mails) => mails.length > 0,
    );
    expect(catcher.mails[0]?.user).toBe("operator");
  });
});
