/** The descriptions that golden files keep are what kubectl prints. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { useControlPlane } from "../../support/controlplane.ts";
import { describeObject } from "../../support/describe.ts";
import { createWorld } from "../../support/world.ts";

const { kubectl, kubeconfig } = useControlPlane();

it.skipIf(kubectl === undefined)(
  "kubectl describe prints a status as ours does (skipped: needs kubectl, in KUBEBUILDER_ASSETS)",
  async () => {
    const world = await createWorld();
    await world.install();
    await world.ask("sync", "first");
    for (const user of [...world.tenant.company.users.values()].slice(0, 100)) world.tenant.company.remove(user.id);
    const { status } = await world.ask("sync", "held");
    const args = ["--kubeconfig", kubeconfig, "-n", world.namespace, "describe", "o365syncs.o365sync.dev/example-com"];
    const printed = execFileSync(kubectl ?? "", args, { encoding: "utf8" });
    const section = printed.slice(printed.indexOf("\nStatus:") + 1, printed.indexOf("\nEvents:") + 1);
    const lines = (text: string): string[] => text.split("\n").map((line) => line.trimEnd());
    const ours = describeObject({ status }, []);
    expect(lines(section)).toEqual(lines(ours.slice(0, ours.indexOf("Events:"))));
    await world.close();
  },
);
