/** The prompt of `npm run demo`, as a person or a pipe types into it, on a machine without kubectl. */
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createPrompt, readLines } from "../../../dev/demo/prompt.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { createWorld, type World } from "../../support/world.ts";

describe("The demo's prompt", { timeout: 60_000 }, () => {
  let world: World;
  beforeAll(async () => {
    vi.stubEnv("PATH", "/nonexistent");
    world = await createWorld();
    await world.install();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await world?.close();
  });

  /** Everything that is told while these lines come, and then the end of the input. */
  async function type(...lines: readonly string[]): Promise<string> {
    let told = "";
    const input = new PassThrough();
    const output = new PassThrough();
    output.on("data", (bytes) => {
      told += String(bytes);
    });
    const say = (text: string): void => void output.write(`${text}\n`);
    const { kubeconfig } = useControlPlane();
    const { company } = world.tenant;
    const prompt = createPrompt({ company, namespace: world.namespace, kubeconfig, say, isTerminal: true });
    input.end(lines.join("\n"));
    await readLines(prompt, { input, output, onInterrupt: () => {} });
    const plain = stripVTControlCharacters(told);
    const wide = plain.split("\n").filter((line) => line.length > 100 && !line.includes("kubectl -n "));
    expect(wide).toEqual([]);
    return plain;
  }

  it("syncs, hires and says why, one after the other", async () => {
    const told = await type(
      "sync",
      "why new.hire@example.com",
      "hire new.hire@example.com",
      "sync",
      "why new.hire@example.com",
    );
    const order = [
      "Succeeded (Published)",
      "Refused: new.hire",
      "Hired",
      "Succeeded (Published)",
      "Accepted: new.hire",
    ];
    let at = -1;
    for (const each of order) {
      const found = told.indexOf(each, at + 1);
      expect({ each, isLater: found > at }).toEqual({ each, isLater: true });
      at = found;
    }
  });

  it("shows the sync and its history within 100 columns", async () => {
    const told = await type("show");
    expect(told).toMatch(/NAME +DOMAIN +READY/);
    expect(told).toMatch(/SYNCED +SYNCED BY/);
  });

  it.each([
    ["a typo", "aprove", "there is no aprove; there are sync, show, plan, approve, why, hire, leave, quit"],
    ["a name that every object has", "constructor", "there is no constructor"],
    ["a flag in place of a word", "--help", "there is no --help"],
    ["no address", "why", "which address?"],
    ["somebody who is not there", "leave no.body@example.com", "no.body@example.com"],
    ["nothing that is held", "approve", "there is nothing to approve"],
    ["a steering sequence", "\u001b[2Jx", "there is no"],
    ["two words too many", "why ada.abel@example.com or so", "Accepted: ada.abel@example.com"],
  ])("goes on after %s", async (_, line, says) => {
    const told = await type(line, "why postmaster@example.com");
    expect(told).toContain(says);
    expect(told).toContain("Accepted: postmaster@example.com");
  });

  it("takes an address of any length, and a line of nothing", async () => {
    const told = await type("", `why ${"x".repeat(300)}@example.com`, "   ", "why postmaster@example.com");
    expect(told).toContain("Accepted: postmaster@example.com");
  });

  it("shows a plan that is held, asks before it approves, and does so at yes alone", async () => {
    for (const { id } of [...world.tenant.company.users.values()].slice(0, 60)) world.tenant.company.remove(id);
    const first = await type("sync", "plan", "approve", "no", "show");
    expect(first).toContain("Held");
    expect(first).toMatch(/Let exactly this plan \(\S+\) through\? Type yes: /);
    expect(first).toContain("Nothing was approved.");
    // The input ends where an answer was asked for.
    expect(await type("approve")).toContain("Nothing was approved.");
    const digest = (await world.sync()).status?.held?.planDigest ?? "";
    expect(digest).not.toBe("");
    expect(await type("approve 0000")).toContain("look at it first");
    expect(await type("approve", "yes")).toContain("Succeeded (Published)");
    expect((await world.sync()).status?.held).toBeUndefined();
  });

  it("ends at quit, and takes nothing that was typed behind it", async () => {
    expect(await type("quit", "why postmaster@example.com")).not.toContain("postmaster");
  });

  it("hands on Ctrl-C", async () => {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
    output.resume();
    const interrupted = new Promise<void>((resolve) => {
      void readLines({ take: () => Promise.resolve(true) }, { input, output, onInterrupt: resolve });
    });
    input.write("why \u0003");
    await interrupted;
    input.end();
  });
});
