/** What leaves the process: secrets nowhere, addresses only in mails, ConfigMaps and specs. Marked ones pass every path. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Catcher, startCatcher } from "../../../dev/smtp/index.ts";
import { request } from "../../support/api.ts";
import { type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { createWorld, type World } from "../../support/world.ts";

const SMTP_PASSWORD = "marked-smtp-password";
/** In answers of Entra, Graph and the mail server: none of it may be repeated. */
const QUOTED = "marked-quoted-secret ada.abel@example.com";
const ADDRESS = /[a-z0-9._%+-]+@(?:example\.(?:com|net|org)|[a-z0-9.-]+\.onmicrosoft\.com)/i;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

describe("What leaves the process", () => {
  let world: World;
  let catcher: Catcher;
  let bundle: Bundle;
  let operator: OperatorChild;
  let folder: string;
  const left = { log: "", events: "", metrics: "", status: "", configMaps: "", mails: "" };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-leaks-"));
    await writeFile(join(folder, "password"), SMTP_PASSWORD);
    catcher = await startCatcher({ login: { user: "operator", password: SMTP_PASSWORD } });
    world = await createWorld({ operator: false });
    bundle = await createBundle(world);
    const port = await freePort();
    operator = bundle.start([
      "--log-level=debug",
      "--health-probe-bind-address=0",
      `--metrics-bind-address=127.0.0.1:${port}`,
      "--smtp-host=127.0.0.1",
      `--smtp-port=${catcher.port}`,
      "--smtp-username=operator",
      `--smtp-password-file=${join(folder, "password")}`,
      "--smtp-from=sync@example.com",
    ]);
    const { tenant } = world;
    await world.install({ notifications: { enabled: true, recipients: ["ops@example.com", "gone@example.org"] } });
    catcher.behaviour.onRecipient = (address) =>
      address.startsWith("gone") ? { code: 550, text: `5.1.1 <${address}> ${SMTP_PASSWORD}` } : undefined;
    await world.ask("testConnection", "1");
    await world.ask("testSync", "2");
    await world.ask("sync", "3");
    const body = JSON.stringify({ error: { code: "Request_BadRequest", message: QUOTED }, error_description: QUOTED });
    for (const [token, on, status] of [
      ["4", "users", 400],
      ["5", "groups", 403],
      ["6", "contacts", 200],
      ["7", "token", 400],
      ["8", "token", 401],
    ] as const) {
      if (on === "token") tenant.expireTokens();
      const cancel = tenant.fault({ on, effect: { kind: "answer", status, body } });
      await world.ask("sync", token);
      cancel();
    }
    catcher.behaviour.onMail = () => ({ code: 451, text: `4.3.0 ${SMTP_PASSWORD} ada.abel@example.com` });
    for (const { id } of [...tenant.company.users.values()].slice(0, 60)) tenant.company.remove(id);
    const held = await world.ask("sync", "9");
    await world.until(
      () => world.sync(),
      ({ status }) => status?.notifications?.last?.result === "Deferred",
    );
    await world.ask("approve", held.status?.held?.planDigest ?? "");
    await world.patch("o365syncs", "example-com", { spec: { staticRecipients: ["all@elsewhere.example.net"] } });
    await world.ask("sync", "10");

    left.metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const { status } = await world.sync();
    left.status = JSON.stringify(status);
    left.configMaps = JSON.stringify(await world.configMaps());
    left.mails = catcher.mails.map(({ raw, email }) => `${raw}\n${email.text}\n${email.html}`).join("\n");
    operator.child.kill("SIGTERM");
    await operator.exited;
    const events = await request("GET", `/apis/events.k8s.io/v1/namespaces/${world.namespace}/events`);
    left.events = JSON.stringify(events.body);
    left.log = operator.log.join("\n");
  });
  afterAll(async () => {
    await bundle.close();
    await world.close();
    await catcher.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("was enough to judge: every channel has spoken, of success and of failure", () => {
    expect(left.log).toContain('"reconcileID"');
    expect(left.log).toContain("RequestRefused");
    for (const reason of ["Published", "RequestRefused", "Held", "NotificationPartial", "NotificationDeferred"])
      expect(left.events).toContain(`"reason":"${reason}"`);
    expect(left.metrics).toContain('o365sync_runs_total{trigger="Manual",result="Failed"}');
    expect(left.status).toContain("Ready");
    for (const channel of [left.mails, left.configMaps]) expect(channel).toMatch(ADDRESS);
  });

  it.each(Object.keys(left) as (keyof typeof left)[])("holds no secret, in %s", (channel) => {
    const { clientSecret } = world.tenant;
    const secrets = [clientSecret, SMTP_PASSWORD, "marked-quoted-secret", "client_assertion", "Bearer "];
    const encoded = secrets.map((secret) => Buffer.from(secret).toString("base64").replace(/=+$/, ""));
    for (const secret of [...secrets, ...encoded]) expect(left[channel].includes(secret)).toBe(false);
    // A token in full.
    expect(left[channel]).not.toMatch(/eyJ[A-Za-z0-9_-]{20,}\./);
  });

  it.each(["log", "events", "metrics", "status"] as const)("holds no address, in %s", (channel) => {
    expect(ADDRESS.exec(left[channel])?.[0]).toBeUndefined();
  });

  it("is logged with controller, namespace, name and reconcileID on each line of a reconcile", () => {
    const lines = operator.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    const ends = lines.filter(({ msg }) => msg === "Run ended");
    expect(ends.length).toBeGreaterThan(8);
    for (const line of ends)
      expect(line).toMatchObject({ controller: "o365sync", namespace: world.namespace, name: "example-com" });
    expect(new Set(ends.map(({ reconcileID }) => reconcileID)).size).toBe(ends.length);
  });
});
