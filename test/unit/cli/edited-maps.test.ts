/** What the plugin shows where somebody edited the ConfigMaps it reads: no plan that is not the one to approve, and no steering. */
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CommandError } from "../../../cli/command-error.ts";
import { approve, plan } from "../../../cli/commands/approve.ts";
import { changes } from "../../../cli/commands/changes.ts";
import { history } from "../../../cli/commands/history.ts";
import { answerWhy } from "../../../cli/commands/why.ts";
import { createOutput, type Format, type Streams } from "../../../cli/output.ts";
import type { Session } from "../../../cli/session.ts";
import type { ConfigMap } from "../../../src/runtime/kube.ts";
import { createSmallWorld, NAME, peopleOf, SLOTS, type SmallWorld } from "../../support/small-world.ts";
import { planOf, writePlanFile } from "../recipients/support/whole.ts";
import { memorySession } from "./support/memory-session.ts";

/** Controls and what turns text around, but ends of lines. */
const STEERS = /[^\P{C}\n]|[\u2028\u2029]/u;
const UNKNOWN = "is not kept in full";

let world: SmallWorld;
afterEach(() => world.close());

interface Told {
  text: string;
}
function sessionOf(told: Told, format: Format = "text", answer = "no"): Session {
  const tell = (text: string): void => {
    told.text += text;
  };
  const ask = (question: string) => {
    tell(question);
    return Promise.resolve(answer);
  };
  const streams: Streams = { write: tell, complain: tell, ask, isTerminal: false };
  const session = memorySession(world);
  const clock = { ...session.clock, monotonic: () => world.now++ };
  return { ...session, clock, streams, output: createOutput(streams, format, {}) };
}
async function shown(command: (session: Session) => Promise<unknown>, format?: Format): Promise<string> {
  const told = { text: "" };
  await command(sessionOf(told, format));
  return told.text;
}

describe("A plan that is held", () => {
  beforeEach(async () => {
    world = await createSmallWorld({ company: peopleOf(40), spec: { schedule: SLOTS } });
    await world.work();
    for (let index = 0; index < 30; index++) world.company.remove(`user${index}@example.com`);
    await world.ask("sync", "1");
    expect(world.sync().status?.held?.approvable).toBe(true);
  });

  const edit = (change: (map: ConfigMap) => void): void => world.editMap(`${NAME}-plan`, change);
  const harmless = (map: ConfigMap): void => {
    const digest = world.sync().status?.held?.planDigest;
    map.data = {
      "plan.txt": `held: nothing was published\nplan ${digest} of mail/${NAME}\n\naccounts to add: 1\n+ a@example.com\n`,
    };
  };

  it("is shown as the operator wrote it", async () => {
    expect(await shown((session) => plan(session, NAME))).toBe(world.map(`${NAME}-plan`)?.data?.["plan.txt"]);
  });

  it.each<[what: string, happens: () => Promise<unknown>]>([
    ["somebody writes another text beside it", () => Promise.resolve(edit(harmless))],
    ["somebody takes the text away", () => Promise.resolve(edit((map) => void delete map.data))],
    ["a test sync shows its own since", () => world.ask("test-sync", "2")],
  ])("is what is shown before it is approved, where %s", async (_, happens) => {
    for (let index = 30; index < 33; index++) world.company.remove(`user${index}@example.com`);
    await happens();
    const digest = world.sync().status?.held?.planDigest ?? "none";
    for (const text of [
      await shown((session) => plan(session, NAME)),
      await shown((session) => approve(session, NAME, undefined, { timeoutMs: 1 })),
    ]) {
      expect(text).toContain("accounts to remove: 30");
      expect(text).toContain("- user0@example.com");
      expect(text).toContain(`plan ${digest} of mail/${NAME}`);
      expect(text).not.toContain("+ a@example.com");
      expect(text).not.toContain("user31@example.com");
    }
  });

  it("is not asked about where it is not there as it was shown", async () => {
    edit((map) => {
      harmless(map);
      map.binaryData = { "plan.json.gz": gzipSync("{}").toString("base64") };
    });
    const told = { text: "" };
    const session = sessionOf(told, "text", "yes");
    await expect(approve(session, NAME, undefined, { timeoutMs: 1 })).rejects.toThrow(CommandError);
    await expect(plan(session, NAME)).rejects.toThrow("was edited since");
    expect(told.text).toBe("");
    expect(world.sync().metadata.annotations?.["o365sync.dev/approve"]).toBeUndefined();
  });

  it("is not known to the answer to why, where somebody wrote another one under its digest", async () => {
    const digest = world.sync().status?.held?.planDigest ?? "none";
    const found = planOf([{ kind: "accountDelete", address: "user35@example.com" }]);
    const file = writePlanFile({ plan: found, mirrors: [], lost: [], lostCount: 0, digest });
    edit((map) => {
      map.binaryData = { "plan.json.gz": file.toString("base64") };
    });
    const answer = await answerWhy(sessionOf({ text: "" }), "user0@example.com");
    expect(answer.reasons.map(({ message }) => message).join()).toContain(UNKNOWN);
  });
});

describe("What others wrote into ConfigMaps", () => {
  const STEERING = "\u001b[2J\u009b2K\u202e\u2066\u2028";
  const ROW = "\n2026-01-01 00:00:00 UTC   nobody   no   Published   forged";

  beforeEach(async () => {
    world = await createSmallWorld({ company: peopleOf(3), spec: { schedule: SLOTS } });
    await world.work();
  });

  it("steers no terminal, turns no text around and makes no row of its own in the history", async () => {
    world.editMap(`${NAME}-history`, ({ data = {} }) => {
      const file = JSON.parse(data["history.json"] ?? "") as { records: { summary: string; syncedBy: string }[] };
      for (const record of file.records)
        Object.assign(record, { summary: `a${STEERING}${ROW}`, syncedBy: `b${STEERING}` });
      data["history.json"] = JSON.stringify(file);
    });
    const text = await shown((session) => history(session, NAME));
    expect(text).toContain("forged");
    expect(text).not.toMatch(STEERS);
    expect(text.trimEnd().split("\n")).toHaveLength(2);
  });

  it.each<[Format]>([["text"], ["json"]])("steers no terminal by changes, as %s", async (format) => {
    world.editMap(`${NAME}-changes-0`, (map) => {
      const [key = ""] = Object.keys(map.binaryData ?? {});
      const line = { op: "accountAdd", address: `x${STEERING}@example.com`, of: `y${STEERING}@example.com` };
      map.binaryData = { [key]: gzipSync(`${JSON.stringify(line)}\n`).toString("base64") };
    });
    const text = await shown((session) => changes(session, NAME, {}), format);
    expect(text).toContain("@example.com");
    expect(text).not.toMatch(STEERS);
  });
});
