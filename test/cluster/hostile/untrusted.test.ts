/** Somebody who may write O365Syncs in one namespace floods, edits and stalls: it costs him his own syncs, and nobody else anything. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../support/random.ts";
import { createShiftClock } from "../../support/shift-clock.ts";
import { createWorld, type World } from "../../support/world.ts";
import { createMemoryLog } from "../../unit/runtime/support/logger.ts";

const MINUTE_MS = 60_000;
const FLOOD = 60;

describe("In a namespace of somebody who means ill,", () => {
  const clock = createShiftClock();
  const log = createMemoryLog();
  let world: World;
  beforeAll(async () => {
    world = await createWorld({
      deps: { clock, random: createRandom(8) },
      flags: ["--manual-runs-per-hour=5", "--sync-timeout=30", "--concurrent-syncs=4"],
      log,
    });
    await world.install();
    await world.ask("sync", "first");
  });
  afterAll(() => world.close());

  const reads = (): number => world.tenant.requests.filter(({ kind }) => kind === "users").length;
  const accepted = async (token: string) =>
    world.until(
      () => world.sync(),
      ({ status }) => status?.requests?.sync?.token === token && status.requests.sync.reason === "RateLimited",
    );

  it("a flood of tokens is served five times an hour, and the last one when the hour allows", async () => {
    const before = reads();
    for (let index = 1; index <= FLOOD; index++) await world.annotate("sync", `flood-${index}`);
    const { status } = await accepted(`flood-${FLOOD}`);
    expect(status?.requests?.sync?.message).toContain("it runs as soon as the hour allows");
    expect(reads() - before).toBeLessThanOrEqual(5);
    expect((await world.events()).length).toBeLessThanOrEqual(30);
    clock.shift(60 * MINUTE_MS + 1000);
    const served = await world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === `flood-${FLOOD}`,
    );
    expect(served.status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("a flood of edits of a table is put right once a minute, and asks the tenant nothing", async () => {
    const table = async () => (await world.configMap("example-com-recipients"))?.data?.["relay_recipients"] ?? "";
    const right = await table();
    const [before, lines] = [world.tenant.requests.length, log.lines.length];
    for (let index = 1; index <= FLOOD; index++)
      await world.patch("configmaps", "example-com-recipients", {
        data: { relay_recipients: `evil${index}@example.com OK\n` },
      });
    clock.shift(MINUTE_MS + 1000);
    await world.until(table, (text) => text === right);
    expect(world.tenant.requests.length).toBe(before);
    expect(log.lines.length - lines).toBeLessThan(2 * FLOOD);
    const repairs = (await world.events()).filter(({ reason }) => reason === "Rendered");
    expect(repairs.length + repairs.reduce((sum, { series }) => sum + (series?.count ?? 0), 0)).toBeLessThan(8);
  });

  it("a tenant that answers for ever is cut by the run's deadline, and meanwhile others are served", async () => {
    clock.shift(60 * MINUTE_MS);
    await world.apply("maildomains", {
      apiVersion: "o365sync.dev/v1alpha1",
      kind: "MailDomain",
      metadata: { name: "example-net" },
      spec: {
        domain: "example.net",
        serverType: "Office365",
        inboundServers: [{ host: "mx.example.net", preference: 10 }],
      },
    });
    // Until the operator has seen it, a request is answered with its absence.
    await world.until(
      () => world.domain("example-net"),
      ({ status }) => status?.conditions !== undefined,
    );
    const { spec } = await world.sync();
    await world.apply("o365syncs", {
      apiVersion: "o365sync.dev/v1alpha1",
      kind: "O365Sync",
      metadata: { name: "example-net" },
      spec: { ...spec, domainRef: { name: "example-net" } },
    });
    const undo = world.tenant.fault({ on: "users", times: 1, effect: { kind: "trickle", ms: 1000 } });
    const before = reads();
    await world.annotate("sync", "slow");
    await world.until(
      () => Promise.resolve(reads()),
      (count) => count > before,
    );
    const other = await world.ask("sync", "quick", "example-net");
    expect(other.status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    expect((await world.sync()).status?.requests?.sync).toMatchObject({ token: "slow", state: "Running" });
    clock.shift(30_001);
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.handledSync === "slow",
    );
    expect(status?.requests?.sync).toMatchObject({ state: "Failed", reason: "DeadlineExceeded" });
    undo();
  });

  // A matcher that tries every way would not be done before the sun is.
  it("hundreds of patterns made to backtrack cost a run no time", { timeout: 90_000 }, async () => {
    clock.shift(60 * MINUTE_MS);
    const excludeRecords = Array.from({ length: 500 }, (_, index) => `${"*a".repeat(150)}${index}b`);
    await world.patch("o365syncs", "example-com", { spec: { excludeRecords } });
    const started = Date.now();
    const { status } = await world.ask("sync", "patterns");
    expect(status?.requests?.sync).toMatchObject({ state: "Succeeded" });
    expect(Date.now() - started).toBeLessThan(60_000);
  });

  it.each([
    ["a line of a table", { staticRecipients: ["evil@example.com OK\nother@example.com"] }],
    ["another host", { tenantId: "evil.example.org/../../x" }],
    ["a header", { notifications: { enabled: true, recipients: ["a@example.com\r\nBcc: b@example.org"] } }],
  ])("a spec that tries to reach %s is refused by its schema", async (_, spec) => {
    await expect(world.patch("o365syncs", "example-com", { spec })).rejects.toThrow(/HTTP (400|422)/);
  });

  it("nothing of it all puts an address or a secret into the log", () => {
    const text = log.lines.map(({ message, meta }) => `${message} ${JSON.stringify(meta)}`).join("\n");
    expect(log.lines.length).toBeGreaterThan(10);
    expect(text).not.toMatch(/@example\.(com|net)/);
    expect(text).not.toContain(world.tenant.clientSecret);
    expect(text).not.toMatch(/eyJ|Bearer /);
  });
});
