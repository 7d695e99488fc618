/** `kubectl mailsync` with the rights that people have: view, edit, and less; each missing right is named. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useControlPlane } from "../../support/controlplane.ts";
import { mailsync, type Told } from "../../support/mailsync.ts";
import { chartRules, createPerson } from "../../support/people.ts";
import type { Rule } from "../../support/rights.ts";
import { createWorld, type World } from "../../support/world.ts";

/** Of Kubernetes' own roles `view` and `edit`: what they add to those of the chart that concerns this. */
const READ_CONFIG_MAPS: Rule = { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] };

const LOOKING = [
  ["get"],
  ["get", "example-com", "-o", "json"],
  ["why", "ada.abel@example.com"],
  ["history", "example-com"],
  ["changes", "example-com", "--since", "1d"],
  ["export", "example-com"],
] as const;
const ASKING = [
  ["test", "example-com"],
  ["preview", "example-com"],
  ["sync", "example-com"],
  ["suspend", "example-com"],
  ["resume", "example-com"],
] as const;

/** The embedded API server asks nobody for rights. */
const isReal = process.env["KUBEBUILDER_ASSETS"] !== undefined && process.env["KUBEBUILDER_ASSETS"] !== "";

describe.skipIf(!isReal)("A plain user, of a real API server (KUBEBUILDER_ASSETS)", () => {
  let world: World;
  let folder: string;
  const users = new Map<string, string>();
  const ask = (user: string, args: readonly string[]): Promise<Told> =>
    mailsync(args, { kubeconfig: users.get(user) ?? "", namespace: world.namespace });

  async function makeUser(name: string, rules: readonly Rule[]): Promise<void> {
    const path = join(folder, name);
    await createPerson(useControlPlane(), { name, namespace: world.namespace, rules, path });
    users.set(name, path);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mailsync-rights-"));
    world = await createWorld();
    await world.install();
    await world.ask("sync", "1");
    await makeUser("view", [READ_CONFIG_MAPS, ...chartRules("view")]);
    await makeUser("edit", [READ_CONFIG_MAPS, ...chartRules("edit")]);
    await makeUser("no-config-maps", chartRules("view"));
    await makeUser("nothing", []);
  });
  afterAll(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(LOOKING.map((args) => [args.join(" "), args] as const))("who may view: %s", async (_, args) => {
    expect(await ask("view", args)).toMatchObject({ code: 0 });
  });

  it.each(ASKING.map((args) => [args.join(" "), args] as const))(
    "who may view cannot %s, and is told which right is missing",
    async (_, args) => {
      const told = await ask("view", args);
      const right = `you may not patch o365syncs.o365sync.dev in the namespace ${world.namespace}; ask for that right (kubectl auth can-i patch o365syncs.o365sync.dev -n ${world.namespace})`;
      expect(told).toEqual({ code: args[0] === "resume" ? 0 : 2, out: "", err: expect.any(String) as string });
      expect(told.err).toContain(args[0] === "resume" ? "not suspended already" : right);
    },
  );

  it.each(ASKING.map((args) => [args.join(" "), args] as const))("who may edit: %s", async (_, args) => {
    expect(await ask("edit", args)).toMatchObject({ code: 0 });
  });

  it.each(LOOKING.map((args) => [args.join(" "), args] as const))(
    "who may not read ConfigMaps: %s",
    async (_, args) => {
      const told = await ask("no-config-maps", args);
      const right = `you may not get configmaps in the namespace ${world.namespace}`;
      expect(told.code).toBe(args[0] === "get" ? 0 : 2);
      expect(told.err.includes(right)).toBe(args[0] !== "get");
    },
  );

  it("who may nothing is told so, by every command and by doctor", async () => {
    const told = await ask("nothing", ["get"]);
    expect(told.err).toContain(`you may not list o365syncs.o365sync.dev in the namespace ${world.namespace}`);
    const { code, out } = await ask("nothing", ["doctor"]);
    expect(code).toBe(1);
    for (const [verb, what] of [
      ["list", "o365syncs.o365sync.dev"],
      ["patch", "o365syncs.o365sync.dev"],
      ["get", "configmaps"],
    ])
      expect(out).toContain(`you may not ${verb} ${what} in the namespace ${world.namespace}`);
  });

  it("of one namespace is told that -A needs more", async () => {
    const told = await ask("view", ["get", "-A"]);
    expect(told).toMatchObject({ code: 2, out: "" });
    expect(told.err).toContain("you may not list o365syncs.o365sync.dev in all namespaces");
  });
});
