/** A domain that was misspelt is mended as the refusals say: delete the object, and apply it corrected (issue 25). */
import { beforeEach, describe, expect, it } from "vitest";
import { createTown, type Town } from "../../support/memory-town.ts";

let town: Town;
beforeEach(async () => {
  town = await createTown();
  for (let index = 0; index < 20; index++)
    town.people.set(`id-${index}`, [`user${index}@a.test`, `user${index}@b.test`]);
});

let token = 0;
const syncNow = async (name: string): Promise<void> => {
  town.ask(name, "sync", `t${++token}`);
  await town.work();
};
const readyOf = (name: string) => town.sync(name)?.status?.conditions?.find(({ type }) => type === "Ready");

describe("A misspelt domain", () => {
  it("of which nothing was published is mended by a MailDomain of the same name, and a sync", async () => {
    await town.addDomain("a", { domain: "aa.test" });
    await town.addSync("a", "a");
    await town.work();
    await town.remove("domain", "a");
    await town.work();
    expect(readyOf("a")).toMatchObject({ reason: "DependencyNotReady" });
    await town.addDomain("a", { domain: "a.test" });
    await syncNow("a");
    expect(readyOf("a")).toMatchObject({ status: "True", reason: "Succeeded" });
    expect(town.routed("a")).toBe("a.test");
  });

  it("beside a list that stands loses nothing, says which domain is meant, and is mended the same way", async () => {
    await town.addDomain("a", { domain: "a.test" });
    await town.addSync("a", "a");
    await syncNow("a");
    town.gateway.expectAlways(town.gateway.accepted());
    await town.remove("domain", "a");
    await town.addDomain("a", { domain: "b.test" });
    await syncNow("a");
    expect(readyOf("a")).toMatchObject({ status: "False", reason: "ConfigMapConflict" });
    expect(readyOf("a")?.message).toContain(
      "the ConfigMap a-manifest holds the list of a.test, and the MailDomain a is b.test: nothing of it is touched; if a.test is meant, delete the MailDomain a and apply it with spec.domain a.test; else give this O365Sync another name",
    );
    await town.remove("domain", "a");
    await town.addDomain("a", { domain: "a.test" });
    await syncNow("a");
    expect(readyOf("a")).toMatchObject({ status: "True", reason: "Succeeded" });
    expect(town.routed("a")).toBe("a.test");
  });

  it("of an O365Sync: its successor of the same name finds the list, and says that it has not synced yet", async () => {
    await town.addDomain("a", { domain: "a.test" });
    await town.addSync("a", "a");
    await syncNow("a");
    town.gateway.expectAlways(town.gateway.accepted());
    await town.remove("sync", "a");
    await town.addSync("a", "a");
    await town.work();
    expect(readyOf("a")).toMatchObject({ status: "False", reason: "AwaitingFirstSync" });
    expect(readyOf("a")?.message).toContain("this object has not synced yet: the list of ");
    await syncNow("a");
    expect(readyOf("a")).toMatchObject({ status: "True", reason: "Succeeded" });
  });
});
