/** The Dockerfile, judged without Docker: what it promises of the image. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DockerfileParser, type Entrypoint, type From, type Instruction, type Label } from "dockerfile-ast";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const CHART = join(ROOT, "charts/o365-sync-operator");

const keyword = (instruction: Instruction): string => instruction.getKeyword().toUpperCase();
const argumentsOf = (instruction: Instruction): string[] =>
  instruction.getArguments().map((argument) => argument.getValue());

describe("The Dockerfile", () => {
  let stages: Instruction[][];
  let globals: Instruction[];
  beforeAll(async () => {
    const dockerfile = DockerfileParser.parse(await readFile(join(ROOT, "Dockerfile"), "utf8"));
    const all = dockerfile.getInstructions();
    const begins = all.flatMap((instruction, index) => (keyword(instruction) === "FROM" ? [index] : []));
    stages = begins.map((begin, stage) => all.slice(begin, begins[stage + 1]));
    globals = all.slice(0, begins[0]);
  });
  const last = (): Instruction[] => stages.at(-1) ?? [];
  const find = (name: string, from = last()): Instruction[] => from.filter((each) => keyword(each) === name);

  it("takes both bases as build arguments, so that a release can pin their digests", () => {
    const bases = stages.map(([from]) => argumentsOf(from as Instruction)[0]);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Docker's own substitution.
    expect(bases).toEqual(["${BUILD_BASE}", "${RUNTIME_BASE}"]);
    const defaults = globals.flatMap(argumentsOf);
    expect(defaults.map((text) => text.split("=")[0])).toEqual(["BUILD_BASE", "RUNTIME_BASE"]);
    for (const base of defaults) expect(base).toMatch(/node(js)?[:-]?24/);
  });

  it("runs nothing in the image that is shipped: its base has no shell", () => {
    expect(find("RUN")).toEqual([]);
    expect(find("ADD")).toEqual([]);
  });

  it("24.2: ships one bundled file with its source map, the licence and those of what was bundled", () => {
    const copied = find("COPY").flatMap((copy) => argumentsOf(copy).slice(0, -1));
    expect(copied).toEqual([
      "LICENSE",
      "/src/dist/NOTICES.txt",
      "/src/dist/operator.cjs.map",
      "/src/dist/operator.cjs",
    ]);
  });

  it("24.2: builds on the builder's platform, for the bundle is the same on all, and takes the base of the other", () => {
    const flags = stages.map(([from]) =>
      (from as From).getFlags().map((flag) => `${flag.getName()}=${flag.getValue()}`),
    );
    expect(flags).toEqual([["platform=$BUILDPLATFORM"], ["platform=$TARGETPLATFORM"]]);
  });

  it("24.2: tells the bundle which commit it was built from", () => {
    const [build = []] = stages;
    expect(find("ARG", build).flatMap(argumentsOf)).toEqual(["REVISION="]);
    const run = find("RUN", build).at(-1)?.getRawArgumentsContent();
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Docker's own substitution.
    expect(run).toBe('REVISION="${REVISION}" npm run build:operator');
  });

  it("starts the operator itself, without a shell, as a user that is not root, by number", () => {
    const [entrypoint] = find("ENTRYPOINT") as Entrypoint[];
    expect(entrypoint?.getJSONStrings().map((part) => part.getJSONValue())).toEqual([
      "/nodejs/bin/node",
      "--max-semi-space-size=4",
      "--max-old-space-size=384",
      "/app/operator.cjs",
    ]);
    expect(find("CMD")).toEqual([]);
    expect(find("USER").flatMap(argumentsOf)).toEqual(["65532:65532"]);
  });

  it("keeps what threads give back in one place, and gives it back to the system", () => {
    expect(find("ENV").flatMap(argumentsOf)).toEqual(
      expect.arrayContaining(["MALLOC_ARENA_MAX=1", "MALLOC_TRIM_THRESHOLD_=131072"]),
    );
  });

  it("carries the labels that registries read, with the version of the package", async () => {
    const labels = (find("LABEL") as Label[]).flatMap((label) => label.getProperties().map((each) => each.getName()));
    expect(labels.map((name) => name.replace("org.opencontainers.image.", ""))).toEqual([
      "title",
      "description",
      "licenses",
      "version",
      "revision",
    ]);
    const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(find("ARG").flatMap(argumentsOf)).toContain(`VERSION=${version}`);
  });

  it("agrees with the chart on ports and on where node is", async () => {
    const values = parse(await readFile(join(CHART, "values.yaml"), "utf8")) as {
      metrics: { port: number };
      healthPort: number;
    };
    expect(find("EXPOSE").flatMap(argumentsOf).map(Number)).toEqual([values.metrics.port, values.healthPort]);
    const test = await readFile(join(CHART, "templates/tests/installed.yaml"), "utf8");
    expect(test).toContain("command: [/nodejs/bin/node, ");
  });
});
