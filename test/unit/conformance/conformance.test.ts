/**
 * The embedded API server is held against real ones. With KUBEBUILDER_ASSETS the real one is asked now, and must still
 * answer as is kept in test/data/conformance (update them with `vitest run test/unit/conformance -u`); without it the kept answers are all there is.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { startEmbedded } from "../../../dev/apiserver/index.ts";
import { applyCrds } from "../../../dev/controlplane/crds.ts";
import { startRealControlPlane } from "../../../dev/controlplane/real.ts";
import type { ControlPlane } from "../../../dev/types.ts";
import { CASES } from "./cases/index.ts";
import { differences, type Known, unexplained } from "./compare.ts";
import { KNOWN } from "./known.ts";
import { type Printed, type as typeCommands } from "./kubectl.ts";
import { type Recording, record } from "./record.ts";

const assets = process.env["KUBEBUILDER_ASSETS"];
const MINORS = ["1.32", "1.37"];
const answersOf = (minor: string): string => `../../data/conformance/v${minor}.yaml`;
const minorOf = ({ version }: ControlPlane): string => version.slice(1).split(".", 2).join(".");
const YAML = { lineWidth: 0, aliasDuplicateObjects: false };

let embedded: ControlPlane;
let ours: Recording;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conformance-"));
  embedded = await startEmbedded();
  await applyCrds(embedded);
  ours = await record(embedded, CASES);
});
afterAll(async () => {
  await embedded.stop();
  await rm(folder, { recursive: true });
});

function read(minor: string): Recording {
  return parse(readFileSync(new URL(answersOf(minor), import.meta.url), "utf8")) as Recording;
}

const knownOf = (minor: string): Known[] => KNOWN.filter((one) => one.minor === undefined || one.minor === minor);
const isOfKubectl = ({ where }: Known): boolean => where.source.startsWith("^kubectl");

describe("The embedded API server answers as the real one of version", () => {
  it.each(MINORS)("%s, but for what is known", (minor) => {
    const known = knownOf(minor).filter((one) => !isOfKubectl(one));
    expect(unexplained(differences(ours, read(minor)), known)).toEqual({ differences: [], stale: [] });
  });
});

describe.runIf(assets)("The real API server", () => {
  let real: ControlPlane;
  beforeAll(async () => {
    real = await startRealControlPlane({ assets: assets ?? "" });
    await applyCrds(real);
  });
  afterAll(() => real.stop());

  it("is of a version whose answers are kept", () => {
    expect(MINORS).toContain(minorOf(real));
  });

  it("answers as is kept", async () => {
    const recording = await record(real, CASES);
    await expect(stringify(recording, YAML)).toMatchFileSnapshot(answersOf(minorOf(real)));
  });

  it("and the embedded one look the same through kubectl", async (context) => {
    const { kubectl } = real;
    context.skip(!kubectl, "there is no kubectl beside the API server");
    const print = async (controlPlane: ControlPlane): Promise<Record<string, Printed[]>> => {
      const kubeconfig = join(folder, controlPlane.kind);
      await controlPlane.writeKubeconfig(kubeconfig, "admin");
      return { kubectl: await typeCommands(kubectl ?? "", kubeconfig) };
    };
    const [theirs, printed] = await Promise.all([print(real), print(embedded)]);
    const known = knownOf(minorOf(real)).filter(isOfKubectl);
    expect(unexplained(differences(printed, theirs), known)).toEqual({ differences: [], stale: [] });
  });
});
