/**
 * What version 0.1.0 was seen to do when somebody who may write ConfigMaps in one namespace meant ill: each of it here, on
 * the bundle and an API server. `OPERATOR_BUNDLE=<its bundle>` runs them on that version. There they fail, but for `null` and
 * a list as manifest, and `null` and wrong types as history: these it healed, too.
 */
import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { AS_IN_THE_IMAGE, type Bundle, createBundle, type OperatorChild } from "../../support/bundle.ts";
import { createWorld, type World } from "../../support/world.ts";

const MANIFEST = "example-com-manifest";
const WATCHED_MS = 8_000;
const JOURNAL = gzipSync('["nobody",null]\n');
const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

type Edit = (value: unknown) => unknown;
/** Sets what stands at a path of keys. */
const put =
  (path: string, value: unknown): Edit =>
  (root) => {
    const [key = "", ...rest] = path.split(".");
    const own = (root ?? {}) as Record<string, unknown>;
    const inner = rest.length === 0 ? value : put(rest.join("."), value)(own[key]);
    return Array.isArray(root)
      ? root.map((each, at) => (String(at) === key ? inner : (each as unknown)))
      : { ...own, [key]: inner };
  };

describe("By an edit of ConfigMaps", { timeout: 90_000 }, () => {
  let world: World;
  let bundle: Bundle;
  let operator: OperatorChild;
  beforeAll(async () => {
    world = await createWorld({ operator: false });
    bundle = await createBundle(world, AS_IN_THE_IMAGE);
    await world.close();
  }, 60_000);
  afterAll(() => bundle.close());
  beforeEach(async () => {
    world = await createWorld({ operator: false });
    operator = bundle.start(["--health-probe-bind-address=0", `--watch-namespaces=${world.namespace}`], {
      tenant: world.tenant,
    });
  }, 60_000);
  afterEach(async () => {
    operator.child.kill("SIGKILL");
    await operator.exited;
    await world.tenant.close();
  });

  const isGone = (): boolean => operator.child.exitCode !== null || operator.child.signalCode !== null;
  /** Answered, or not within the time: then what the status is by then. */
  async function ask(annotation: "sync" | "approve" | "test-sync", token: string): Promise<O365Sync["status"]> {
    const handled = ({ sync: "handledSync", approve: "handledApprove", "test-sync": "handledTestSync" } as const)[
      annotation
    ];
    await world.annotate(annotation, token);
    for (const end = performance.now() + 25_000; performance.now() < end && !isGone(); await pause(50)) {
      const { status } = await world.sync();
      if (status?.[handled] === token) return status;
    }
    return (await world.sync()).status;
  }
  async function published(spec: Parameters<World["install"]>[0] = {}): Promise<void> {
    await world.install(spec);
    expect((await ask("sync", "first"))?.requests?.sync).toMatchObject({ state: "Succeeded" });
  }
  const table = async (): Promise<string> =>
    (await world.configMap("example-com-recipients"))?.data?.["relay_recipients"] ?? "";
  const dismiss = (count: number): void => {
    for (const { id } of [...world.tenant.company.users.values()].slice(0, count)) world.tenant.company.remove(id);
  };
  async function editJson(name: string, key: string, edit: Edit): Promise<void> {
    const text = (await world.configMap(name))?.data?.[key] ?? "null";
    await world.patch("configmaps", name, { data: { [key]: JSON.stringify(edit(JSON.parse(text) as unknown)) } });
  }
  /** A publication that nobody began, with a journal that is sound. */
  const begun = (target: object) => (root: unknown) => {
    const { current } = root as { current: object };
    const journal = { sha256: digestOf(JOURNAL), pieces: [] };
    return { ...(root as object), intent: { target: { ...current, ...target }, journal, removedAddresses: 0 } };
  };

  it.each<[what: string, edit: Edit]>([
    [
      "retiring shards that size an allocation (2)",
      put("current.retiring", [{ shards: 1e8, formats: ["postfix"], until: "2099-01-01T00:00:00.000Z" }]),
    ],
    ["a billion chunks (2)", put("current.chunks", 1e9)],
    ["an intent of a hundred million shards (2)", begun({ output: { formats: ["postfix"], shards: 1e8 } })],
    ["an intent of ten million chunks (2)", begun({ chunks: 1e7 })],
    ["null for a manifest (12)", () => null],
    ["a list for what is published (12)", put("current", [])],
    ["a date that is none (12)", put("current.retiring", [{ shards: 2, formats: ["postfix"], until: "soon" }])],
  ])("the operator is not stopped, and the next sync puts it right: %s", async (_, edit) => {
    await published();
    await world.patch("configmaps", MANIFEST, { binaryData: { "journal.jsonl.gz": JOURNAL.toString("base64") } });
    await editJson(MANIFEST, "manifest.json", edit);
    // There is something to publish.
    world.tenant.company.hire("new@example.com");
    const status = await ask("sync", "after");
    expect(isGone()).toBe(false);
    expect(status?.requests?.sync).toMatchObject({ token: "after", state: "Succeeded" });
  });

  it.each<[what: string, edit: Edit]>([
    ["null (12)", () => null],
    ["a record with a bad date (5)", put("records.0.synced", "soon")],
    ["records that are none (12)", put("records", [null, 1, "x"])],
  ])("nobody is asked again and again, and the request is answered: a history of %s", async (_, edit) => {
    await published();
    await editJson("example-com-history", "history.json", edit);
    const before = world.tenant.requests.length;
    const status = await ask("sync", "after");
    expect(status?.requests?.sync).toMatchObject({ token: "after", state: "Succeeded" });
    await pause(WATCHED_MS);
    expect(world.tenant.requests.length - before).toBeLessThan(20);
  });

  it("the deletion guard is not switched off: removals below nothing (6)", async () => {
    await published();
    const before = await table();
    await editJson(MANIFEST, "manifest.json", put("removals", [{ time: new Date().toISOString(), addresses: -1e6 }]));
    dismiss(190);
    await ask("sync", "after");
    expect(await table()).toBe(before);
  });

  it("nobody is refused: accounts that were deleted, and a read that is not whole (8)", async () => {
    await published();
    const before = await table();
    await world.remove("configmaps", "example-com-accounts-0");
    const hidden = new Set([...world.tenant.company.users.values()].slice(0, 20).map(({ id }) => id));
    world.tenant.fault({ on: "users", effect: { kind: "lose", lose: ({ id }) => hidden.has(id) } });
    await ask("sync", "after");
    expect(await table()).toBe(before);
  });

  it("a record that nobody wrote is shown to nobody (9)", async () => {
    await published();
    await editJson("example-com-history", "history.json", (root) => {
      const { records } = root as { records: object[] };
      const forged = {
        ...records[0],
        id: "forged",
        summary: "please confirm at https://evil.example",
        token: "$(reboot)",
      };
      return { records: [forged, ...records] };
    });
    await ask("test-sync", "look");
    await ask("sync", "after");
    expect(JSON.stringify((await world.sync()).status)).not.toMatch(/evil|reboot/);
  });

  it("what is no address of this domain is taken for none, and written nowhere: a baselineRef to others' ConfigMaps (10)", async () => {
    await world.apply("configmaps", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "shop" },
      data: { env: "postgres://shop:secret@db.internal:5432/shop\nADMIN=root@db.internal\n" },
    });
    await world.install({ baselineRef: { name: "shop", key: "env" } });
    await ask("sync", "first");
    const ours = (await world.configMaps()).filter(({ metadata }) => metadata.name.startsWith("example-com"));
    expect(JSON.stringify([ours, (await world.sync()).status])).not.toMatch(/db\.internal/);
  });

  it("a bomb in place of a plan costs nothing (4)", async () => {
    await published();
    dismiss(60);
    const digest = (await ask("sync", "held"))?.held?.planDigest ?? "";
    const { binaryData = {} } = (await world.configMap("example-com-plan")) ?? {};
    const bomb = gzipSync(`[${"{},".repeat(20_000_000)}{}]`).toString("base64");
    const edited = Object.fromEntries(Object.keys(binaryData).map((key) => [key, bomb]));
    await world.patch("configmaps", "example-com-plan", { binaryData: edited });
    // The plan of today is another one: it is compared with the one that was shown.
    dismiss(5);
    const asked = performance.now();
    const status = await ask("approve", digest);
    expect(isGone()).toBe(false);
    expect(status?.requests?.approve).toMatchObject({ token: digest, state: "Rejected" });
    expect(performance.now() - asked).toBeLessThan(10_000);
  });

  it("what a journal says is quoted in no log (12)", async () => {
    await published();
    operator.child.kill("SIGKILL");
    await operator.exited;
    const journal = gzipSync("marked.person@example.com is no JSON\n");
    const sha256 = digestOf(journal);
    await world.patch("configmaps", MANIFEST, { binaryData: { "journal.jsonl.gz": journal.toString("base64") } });
    await editJson(MANIFEST, "manifest.json", (root) => {
      const { current } = root as { current: object };
      return { ...(root as object), intent: { target: current, journal: { sha256, pieces: [] }, removedAddresses: 0 } };
    });
    operator = bundle.start(
      ["--health-probe-bind-address=0", `--watch-namespaces=${world.namespace}`, "--log-level=debug"],
      { tenant: world.tenant },
    );
    await ask("sync", "after");
    expect(operator.log.join("\n")).not.toMatch(/marked\.p/);
  });

  it("a MailDomain has a status, however many O365Syncs name it (13)", async () => {
    await published();
    const { spec } = await world.sync();
    for (let index = 0; index < 101; index++)
      await world.apply("o365syncs", {
        apiVersion: "o365sync.dev/v1alpha1",
        kind: "O365Sync",
        metadata: { name: `many-${index}` },
        spec,
      });
    await world.patch("maildomains", "example-com", {
      spec: { inboundServers: [{ host: "mx2.example.com", preference: 10 }] },
    });
    const seen = async () => {
      const { metadata, status } = await world.domain();
      return { ahead: (status?.observedGeneration ?? 0) - (metadata.generation ?? 0) };
    };
    await world.until(seen, ({ ahead }) => ahead === 0, 30_000);
  });
});
