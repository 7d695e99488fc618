/** `kubectl mailsync` against an API server and a running operator, as a help desk would use it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useControlPlane } from "../../support/controlplane.ts";
import { type Caller, mailsync, type Told } from "../../support/mailsync.ts";
import { createWorld, type World } from "../../support/world.ts";

describe("kubectl mailsync", () => {
  let world: World;
  let ask: (args: readonly string[], more?: Partial<Caller>) => Promise<Told>;
  beforeAll(async () => {
    world = await createWorld();
    const { kubeconfig } = useControlPlane();
    ask = (args, more = {}) => mailsync(args, { kubeconfig, namespace: world.namespace, ...more });
    await world.install({ excludeRecords: ["test*"] });
    world.tenant.company.hire("nora.novak@example.com", ["nora@example.com"]);
    world.tenant.company.hire("test.one@example.com");
  });
  afterAll(() => world.close());

  it("says before anything is published what is missing", async () => {
    const { code, out } = await ask(["why", "nora@example.com"]);
    expect(code).toBe(1);
    expect(out).toContain("Refused: nora@example.com");
    expect(out).toContain("example-com has published no list yet");
    expect(out).toContain("to do: kubectl mailsync sync example-com");
  });

  it("tests the connection, previews and syncs, and prints each answer", async () => {
    const test = await ask(["test", "example-com"]);
    expect({ code: test.code, ok: test.out.startsWith("Succeeded: ") }).toEqual({ code: 0, ok: true });
    const preview = await ask(["preview", "example-com"]);
    expect(preview.code).toBe(0);
    expect(preview.out).toContain("+ nora.novak@example.com (mailbox)");
    const sync = await ask(["sync", "example-com"]);
    expect({ code: sync.code, ok: sync.out.startsWith("Succeeded (Published): ") }).toEqual({ code: 0, ok: true });
  });

  it("lists every sync on one line, as text and as data", async () => {
    const { out } = await ask(["get"]);
    expect(out.split("\n")[0]).toMatch(/^NAME +DOMAIN +READY +ACCOUNTS +LAST SYNC +NEXT SYNC +ADDITIONS +HELD +WHY$/);
    expect(out).toMatch(/^example-com +example\.com +True +\d+ +\d+s +off +off/m);
    const [row] = JSON.parse((await ask(["get", "-o", "json"])).out) as Record<string, unknown>[];
    expect(row).toMatchObject({ name: "example-com", ready: "True", reason: "Succeeded", heldDigest: null });
    expect((await ask(["-A"])).out.split("\n")[0]).toMatch(/^NAMESPACE +NAME/);
  });

  it.each([
    ["a mailbox", "nora.novak@example.com", 0, "it is the mailbox nora.novak@example.com (object "],
    ["in capitals", "Nora.Novak@EXAMPLE.com", 0, "it is the mailbox nora.novak@example.com"],
    ["an alias", "nora@example.com", 0, "it is an alias of the mailbox nora.novak@example.com"],
    ["postmaster", "postmaster@example.com", 0, "postmaster is accepted at every domain"],
    ["a stranger", "nobody@example.com", 1, "none of the tenant's users, groups and contacts has it, as of "],
    ["another domain", "a@elsewhere.test", 2, "no MailDomain of the namespace"],
    ["no address", "nonsense", 1, "no address that a gateway can carry: nothing stands before or behind an @ (noAt)"],
  ])("says why of %s", async (_, address, code, text) => {
    const told = await ask(["why", address]);
    expect({ code: told.code, text: told.out + told.err }).toEqual({
      code,
      text: expect.stringContaining(text) as string,
    });
  });

  it("answers why as data", async () => {
    const { out } = await ask(["why", "nora@example.com", "-o", "json"]);
    expect(JSON.parse(out)).toMatchObject({
      address: "nora@example.com",
      accepted: true,
      mailDomain: "example-com",
      sync: "example-com",
      reasons: [{ kind: "alias" }],
    });
  });

  it("exports the list as the tables have it, and with its accounts", async () => {
    const tables = (await world.configMap("example-com-recipients"))?.data?.["relay_recipients"];
    expect((await ask(["export", "example-com", "--format", "postfix"])).out).toBe(tables);
    const csv = (await ask(["export", "example-com", "--format", "csv"])).out.split("\n");
    expect(csv[0]).toBe("address,kind,account,type,id");
    expect(csv.find((line) => line.startsWith("nora@"))).toMatch(
      /^nora@example\.com,alias,nora\.novak@example\.com,mailbox,/,
    );
    const json = (await ask(["export", "example-com", "--format", "json"])).out.trim().split("\n");
    expect(json.map((line) => (JSON.parse(line) as { address: string }).address)).toContain("nora.novak@example.com");
  });

  it("shows a held plan as a diff, and lets exactly it through", async () => {
    const { company } = world.tenant;
    const leavers = [...company.users.values()].slice(0, 60);
    for (const { id } of leavers) company.remove(id);
    const sync = await ask(["sync", "example-com"]);
    expect(sync.code).toBe(1);
    const { held } = (await world.sync()).status ?? {};
    const plan = await ask(["plan", "example-com"]);
    expect(plan.out).toMatch(/^- .+@example\.com/m);
    expect((await ask(["get"])).out).toMatch(/False/);

    const unattended = await ask(["approve", "example-com", "--yes"]);
    expect(unattended).toMatchObject({ code: 2, err: expect.stringContaining(held?.planDigest ?? "?") as string });
    const wrong = await ask(["approve", "example-com", "0".repeat(20), "--yes"]);
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining("look at it first") as string });
    const no = await ask(["approve", "example-com"], { answers: ["no"] });
    expect(no).toMatchObject({ code: 1, err: expect.stringContaining("Nothing was approved.") as string });
    expect((await world.sync()).metadata.annotations?.["o365sync.dev/approve"]).toBeUndefined();
    const yes = await ask(["approve", "example-com"], { answers: ["yes"] });
    expect(yes.code).toBe(0);
    expect(yes.out).toContain("deletionGuard: 81, allowed 35");
    expect((await ask(["approve", "example-com"])).err).toContain("there is nothing to approve");
  });

  it("shows which addresses came and went, all of them", async () => {
    const all = await ask(["changes", "example-com", "--since", "1h"]);
    expect(all.out.match(/^- /gm)).toHaveLength(81);
    expect(all.out).toContain("+ nora@example.com (of nora.novak@example.com)");
    const one = await ask(["changes", "example-com", "--address", "Ada.Abel@example.com", "-o", "json"]);
    const lines = one.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { op: string });
    expect(lines.map(({ op }) => op)).toEqual(["accountDelete", "accountAdd"]);
    const why = await ask(["why", "ada.abel@example.com"]);
    expect(why.out).toMatch(/it was removed on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC by approval-/);
  });

  it("shows what was done", async () => {
    const { out } = await ask(["history", "example-com"]);
    expect(out).toMatch(/^SYNCED +SYNCED BY +TEST SYNC +RESULT +SUMMARY$/m);
    expect(out).toContain("field manager kubectl-mailsync");
  });

  it("suspends and resumes", async () => {
    expect((await ask(["suspend", "example-com"])).out).toContain("the published list stays");
    expect((await world.sync()).spec.suspend).toBe(true);
    expect((await ask(["suspend", "example-com"])).err).toContain("suspended already");
    expect((await ask(["sync", "example-com"])).code).toBe(1);
    expect((await ask(["resume", "example-com"])).code).toBe(0);
    expect((await world.sync()).spec.suspend).toBe(false);
  });

  it("finds what is wrong, with its cure", async () => {
    await world.annotate("snyc", "1");
    const { out } = await ask(["doctor"]);
    expect(out).toContain("has the annotation o365sync.dev/snyc, which asks for nothing");
    // The embedded API server reviews nobody's rights, and that is told.
    expect(out).toMatch(/you may ask, approve and read in the namespace|selfsubjectaccessreviews: 501/);
    await world.annotate("snyc", null);
  });

  it("finds patterns that match nothing, once a sync was made with them", async () => {
    const told = async () => (await ask(["doctor"])).out;
    expect(await told()).not.toContain("matches nothing");
    await world.patch("o365syncs", "example-com", { spec: { excludeRecords: ["test*", "*.one@*", "tset*"] } });
    await world.until(
      () => world.sync(),
      ({ status, metadata }) => status?.observedGeneration === metadata.generation,
    );
    expect(await told()).not.toContain("matches nothing");
    await world.ask("sync", "patterns");
    expect((await told()).match(/the pattern .* matches nothing/g)).toEqual([
      "the pattern tset* of spec.excludeRecords matches nothing",
    ]);
  });

  it("names what it cannot find", async () => {
    expect(await ask(["sync", "exmaple-com"])).toEqual({
      code: 2,
      out: "",
      err: `error: no O365Sync exmaple-com in the namespace ${world.namespace}; there are: example-com\n`,
    });
    expect((await ask(["sync", "example-com", "-A"])).err).toContain("-A names no single object");
    expect((await ask(["get", "--context", "nope"])).err).toContain('there is no context "nope"');
    expect((await ask(["changes", "example-com", "--since", "soon"])).err).toContain("must be a number and a unit");
  });

  it("paints for a terminal only, and never where NO_COLOR is set", async () => {
    const painted = "\u001b[";
    expect((await ask(["get"])).out).not.toContain(painted);
    expect((await ask(["get"], { isTerminal: true })).out).toContain(painted);
    expect((await ask(["get"], { isTerminal: true, env: { NO_COLOR: "1" } })).out).not.toContain(painted);
  });

  it("cannot tell of a domain whose objects are gone, and names what they left to gateways", async () => {
    await world.stopOperator();
    const { kubeconfig } = useControlPlane();
    await world.remove("o365syncs", "example-com");
    await world.remove("maildomains", "example-com");
    const told = await mailsync(["why", "nora@example.com"], { kubeconfig, namespace: world.namespace });
    expect(told.code).toBe(2);
    expect(told.out).toContain(
      `no MailDomain of the namespace ${world.namespace} names example.com, but ${world.namespace}/`,
    );
    expect(told.out).toContain("still routes it: a gateway that reads it may still accept");
  });
});
