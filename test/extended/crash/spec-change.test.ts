/**
 * The process dies after every single write, and before its successor starts somebody changes the specs: what was begun is
 * finished as it was planned, and nothing that is valid before and after is refused in between.
 * CI tries three of the eight changes after each write, one after the other; with CI_DEPTH=full every change after every write.
 */
import { describe, expect, it } from "vitest";
import { MAIL_DOMAIN, O365_SYNC } from "../../../src/api/resources.ts";
import type { MailDomain } from "../../../src/api/types.generated.ts";
import { CONFIG_MAP } from "../../../src/runtime/kube.ts";
import { ApiError } from "../../../src/runtime/types.ts";
import { inMemory } from "./support/cluster.ts";
import { createDomain, createScene, createSync, type Death, deathsOf, type Scene, settle } from "./support/scene.ts";
import { STORIES } from "./support/stories.ts";

type Alias = NonNullable<MailDomain["spec"]["aliasDomains"]>;
const DIRECTORY: Alias = [{ name: "example.net", recipients: "Directory" }];
const MIRROR: Alias = [{ name: "example.org", recipients: "Mirror" }];

const setAliases = (aliasDomains: Alias) => (scene: Scene) =>
  scene.cluster.edit(MAIL_DOMAIN, scene.key, ({ spec }) => void Object.assign(spec, { aliasDomains }));

const CHANGES: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  "an alias domain is taken out": setAliases([]),
  "a Directory domain is put in, or back": setAliases(DIRECTORY),
  "a Mirror domain is put in, or back": setAliases(MIRROR),
  "the MailDomain is made again without its alias domains": async ({ cluster, key }) => {
    await cluster.client.delete(MAIL_DOMAIN, key);
    await createDomain(cluster.client, key, {});
  },
  "the O365Sync is made again": async ({ cluster, key }) => {
    await cluster.client.delete(O365_SYNC, key);
    await createSync(cluster.client, key);
  },
  "other shards and formats are asked for": ({ cluster, key }) =>
    cluster.edit(O365_SYNC, key, ({ spec }) => void Object.assign(spec.output, { shards: 2, formats: ["cdb"] })),
  "the manifest is deleted": async ({ cluster, key }) => {
    const manifest = { ...key, name: `${key.name}-manifest` };
    await cluster.client.delete(CONFIG_MAP, manifest).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.notFound)) throw error;
    });
  },
  "the O365Sync is suspended": ({ cluster, key }) =>
    cluster.edit(O365_SYNC, key, ({ spec }) => void Object.assign(spec, { suspend: true })),
};
const NAMES = Object.keys(CHANGES);
const EACH = process.env["CI_DEPTH"] === "full" ? NAMES.length : 3;

describe.each(STORIES)("After a death during $name, and a change of the specs,", ({ given, ask }) => {
  const begin = async (): Promise<Scene> => {
    const scene = await createScene(inMemory);
    await given(scene);
    await ask(scene);
    return scene;
  };

  it(
    "a successor keeps every promise",
    async () => {
      const whole = (await begin()).start();
      await whole.work();
      expect(whole.calls.length).toBeGreaterThan(10);
      for (const [index, death] of deathsOf(whole.calls).entries()) {
        const names = Array.from({ length: EACH }, (_, next) => NAMES[(index * EACH + next) % NAMES.length] ?? "");
        for (const name of names) await die(await begin(), death, name);
      }
    },
    EACH === NAMES.length ? 3_600_000 : 240_000,
  );
});

/** Throws what the gateway, which looks after every write, finds broken. */
async function die(scene: Scene, { at, when }: Death, name: string): Promise<void> {
  try {
    expect(await scene.start(at, when).work()).toBe(false);
    await CHANGES[name]?.(scene);
    await settle(scene);
    await scene.cluster.edit(O365_SYNC, scene.key, ({ spec }) => void Object.assign(spec, { suspend: false }));
    await scene.ask("sync", "last");
    await settle(scene);
    const { handledSync, history = [] } = scene.sync().status ?? {};
    expect(handledSync).toBe("last");
    expect(new Set(history.map(({ id }) => id)).size).toBe(history.length);
  } catch (error) {
    throw new Error(`dead ${when} call ${at}, then ${name}`, { cause: error });
  }
}
