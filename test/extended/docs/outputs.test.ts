/** What the pages show as the output of `kubectl mailsync` is what it prints in such a world, but for times and identities. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { harbourAndPine } from "../../../dev/tenant/fixture.ts";
import { useControlPlane } from "../../support/controlplane.ts";
import { mailsync } from "../../support/mailsync.ts";
import { type Page, readPages } from "../../support/pages.ts";
import { createWorld, type World } from "../../support/world.ts";

interface Shown {
  readonly page: string;
  readonly command: string;
  /** Its lines; `…` stands for any lines. */
  readonly output: readonly string[];
}

const PROMPT = "$ kubectl mailsync ";

/** Every command behind a prompt, with the lines below it. */
function shownBy({ path, text }: Page): Shown[] {
  const blocks = [...text.matchAll(/^```[a-z]*\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^(?=\$ )/m)
      .filter((each) => each.startsWith(PROMPT))
      .map((each) => {
        const [command = "", ...output] = each.trimEnd().split("\n");
        return { page: path, command: command.slice(PROMPT.length), output };
      }),
  );
}

/** What no two worlds share: times, digests, identities, and how old something is. */
const masked = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: UTC|Z)/g, "TIME")
    .replaceAll(/\b(?:slot|manual|approval|additions|sync)-(?:TIME|\S+?)(?=\)|$)/gm, "RUN")
    .replaceAll(/\b[0-9a-f]{20}\b/g, "DIGEST")
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "ID")
    .replaceAll(/ \d+[smhd] +(?=TIME)/g, " AGE ")
    .replaceAll(/ +$/gm, "")
    .replaceAll(/kubectl -n [a-z0-9-]+ annotate/g, "kubectl -n NAMESPACE annotate")
    .replaceAll(/\([a-z0-9-]+\/example-com\)/g, "(NAMESPACE/example-com)")
    .replaceAll(/\bof [a-z0-9-]+\/example-com\b/g, "of NAMESPACE/example-com");

/** The shown lines in their order; where `…` stands, others may come between. */
function expectShown(output: readonly string[], printed: string): void {
  const escaped = output.map((line) =>
    line === "…" ? "[\\s\\S]*?" : masked(line).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"),
  );
  expect(masked(printed).trim()).toMatch(new RegExp(`^${escaped.join("\\n*")}$`));
}

const shown = readPages().flatMap(shownBy);

describe("What a page shows of", { timeout: 60_000 }, () => {
  let world: World;
  const ask = (command: string) => {
    const args = command.replace(/ -n mail\b/, "").split(" ");
    return mailsync(args, { kubeconfig: useControlPlane().kubeconfig, namespace: world.namespace, answers: ["no"] });
  };

  beforeAll(async () => {
    world = await createWorld({ company: harbourAndPine() });
    await world.install({ schedule: { enabled: true } });
    await world.ask("sync", "first");
    world.tenant.company.hire("nora.novak@example.com", ["nora@example.com"]);
    await world.ask("sync", "second");
  }, 60_000);
  afterAll(() => world?.close());

  const isHeld = ({ command }: Shown): boolean => /^(plan|approve) /.test(command);
  const named = (each: Shown) => [each.page, each.command, each.output] as const;

  it.each(shown.filter((each) => !isHeld(each)).map(named))("%s: kubectl mailsync %s", async (_, command, output) => {
    const { out, err } = await ask(command);
    expectShown(output, out + err);
  });

  it.each(shown.filter(isHeld).map(named))(
    "%s, while a plan is held: kubectl mailsync %s",
    async (_, command, output) => {
      if ((await world.sync()).status?.held === undefined) {
        for (const { id } of [...world.tenant.company.users.values()].slice(0, 60)) world.tenant.company.remove(id);
        await world.ask("sync", "held");
      }
      const { out } = await ask(command);
      expectShown(output, out);
    },
  );

  it("each of the help desk's four questions", () => {
    const words = new Set(shown.map(({ command }) => command.split(" ")[0]));
    expect([...words]).toEqual(expect.arrayContaining(["get", "why", "changes", "plan", "approve"]));
    const whys = shown.filter(({ command }) => command.startsWith("why")).map(({ output }) => output[0]?.split(":")[0]);
    expect(whys).toEqual(expect.arrayContaining(["Accepted", "Refused"]));
  });
});
