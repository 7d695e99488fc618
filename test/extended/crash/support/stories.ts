/** What a run can be asked for, and what must be true in the end, wherever its process dies. */
import { expect } from "vitest";
import { MAIL_DOMAIN, O365_SYNC } from "../../../../src/api/resources.ts";
import type { HistoryRecord } from "../../../../src/publication/run-records.ts";
import { createSync, type Scene, settle } from "./scene.ts";

export interface Story {
  readonly name: string;
  /** Makes the scene as it is before the run. */
  readonly given: (scene: Scene) => Promise<void>;
  /** What the run is asked for. */
  readonly ask: (scene: Scene) => Promise<void>;
  /** What must be true in the end, wherever the process died. */
  readonly expected: (scene: Scene) => void;
}

/** Its addresses are published beside those of example.com, and no guard is in the way of their going. */
const withAlias = (recipients: "Directory" | "Mirror") => async (scene: Scene) => {
  const name = recipients === "Directory" ? "example.net" : "example.org";
  await scene.cluster.edit(
    O365_SYNC,
    scene.key,
    ({ spec }) => void Object.assign(spec.deletionGuard, { enabled: false }),
  );
  await scene.cluster.edit(MAIL_DOMAIN, scene.key, ({ spec }) => {
    spec.aliasDomains = [{ name, recipients }];
  });
  await scene.ask("sync", "1");
  await settle(scene);
  scene.gateway.expectAlways([...scene.accepted()].filter((address) => address.endsWith("@example.com")));
};

export const recordOf = (scene: Scene, trigger: string): HistoryRecord[] =>
  scene.history().filter((record) => record.trigger === trigger);

export const STORIES: readonly Story[] = [
  {
    name: "the first publication",
    given: () => Promise.resolve(),
    ask: (scene) => scene.ask("sync", "1"),
    expected(scene) {
      expect(scene.sync().status).toMatchObject({ handledSync: "1", lastSync: { result: "Published" } });
      expect(recordOf(scene, "Manual")).toMatchObject([{ result: "Published", changes: { accountAdds: 40 } }]);
      expect(scene.accepted().size).toBe(42);
    },
  },
  {
    name: "a change",
    async given(scene) {
      await scene.ask("sync", "1");
      await settle(scene);
      scene.gateway.expectAlways(["user0@example.com", "user38@example.com", "postmaster@example.com"]);
      scene.users = 39;
    },
    ask: (scene) => scene.ask("sync", "2"),
    expected(scene) {
      expect(scene.sync().status).toMatchObject({ handledSync: "2", lastSync: { result: "Published" } });
      expect(recordOf(scene, "Manual")).toMatchObject([
        { changes: { accountDeletes: 1 } },
        { changes: { accountAdds: 40 } },
      ]);
      expect(scene.accepted().has("user39@example.com")).toBe(false);
    },
  },
  {
    name: "a plan that is held",
    async given(scene) {
      await scene.ask("sync", "1");
      await settle(scene);
      scene.gateway.expectAlways(scene.accepted());
      scene.users = 5;
    },
    ask: (scene) => scene.ask("sync", "2"),
    expected(scene) {
      expect(scene.sync().status).toMatchObject({
        handledSync: "2",
        lastSync: { result: "Held" },
        held: { reason: "DeletionGuard" },
      });
      expect(recordOf(scene, "Manual").map(({ result }) => result)).toEqual(["Held", "Published"]);
    },
  },
  {
    name: "an approval",
    async given(scene) {
      await scene.ask("sync", "1");
      await settle(scene);
      scene.users = 5;
      await scene.ask("sync", "2");
      await settle(scene);
      scene.gateway.expectAlways(["user0@example.com", "user4@example.com"]);
    },
    ask: (scene) => scene.ask("approve", scene.sync().status?.held?.planDigest ?? ""),
    expected(scene) {
      const { status } = scene.sync();
      expect(status).toMatchObject({
        lastSync: { trigger: "Approval", result: "Published" },
        requests: { approve: { state: "Succeeded" } },
      });
      expect(status?.held).toBeUndefined();
      expect(recordOf(scene, "Approval")).toHaveLength(1);
      expect(scene.accepted().size).toBe(7);
    },
  },
  {
    name: "another layout",
    async given(scene) {
      await scene.ask("sync", "1");
      await settle(scene);
      scene.gateway.expectAlways(scene.accepted());
    },
    ask: (scene) =>
      scene.cluster.edit(
        O365_SYNC,
        scene.key,
        ({ spec }) => void Object.assign(spec.output, { shards: 4, formats: ["addresses", "postfix"] }),
      ),
    expected(scene) {
      expect(scene.sync().status?.published).toMatchObject({ shards: 4, previousShards: 1 });
      expect(scene.history()).toHaveLength(1);
    },
  },
  {
    name: "the end of a Directory domain",
    given: withAlias("Directory"),
    async ask(scene) {
      await scene.cluster.edit(MAIL_DOMAIN, scene.key, ({ spec }) => void Object.assign(spec, { aliasDomains: [] }));
      await scene.ask("sync", "2");
    },
    expected(scene) {
      expect(scene.sync().status).toMatchObject({ handledSync: "2", lastSync: { result: "Published" } });
      expect(scene.accepted().size).toBe(42);
    },
  },
  {
    name: "the end of a Mirror domain",
    given: withAlias("Mirror"),
    ask: (scene) =>
      scene.cluster.edit(MAIL_DOMAIN, scene.key, ({ spec }) => void Object.assign(spec, { aliasDomains: [] })),
    expected(scene) {
      expect(scene.accepted().size).toBe(42);
      expect(scene.history()).toHaveLength(1);
    },
  },
  {
    name: "adoption by a recreated object",
    async given(scene) {
      await scene.ask("sync", "1");
      await settle(scene);
      scene.gateway.expectAlways(scene.accepted());
      await scene.cluster.client.delete(O365_SYNC, scene.key);
      await createSync(scene.cluster.client, scene.key);
      scene.users = 41;
    },
    ask: (scene) => scene.ask("sync", "2"),
    expected(scene) {
      expect(scene.sync().status).toMatchObject({
        handledSync: "2",
        lastSync: { result: "Published", changes: { total: 1 } },
      });
      expect(scene.accepted().size).toBe(43);
    },
  },
];
