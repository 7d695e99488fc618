/** What a gateway sees of a stage. */
import { parseManifest } from "../../../src/publication/read-manifest.ts";
import type { Stage } from "./row.ts";

/** Whether a manifest stands, everything that it names is as it says, and its names are routed: what was damaged has healed. */
export async function isIntact({ world }: Stage): Promise<boolean> {
  const found = await world.configMaps();
  const manifest = found.find(({ metadata }) => metadata.name === "example-com-manifest");
  if (parseManifest(manifest?.data?.["manifest.json"]).kind !== "ok") return false;
  try {
    world.gateway.observe(found);
    world.gateway.expectAtRest(found);
    return true;
  } catch {
    return false;
  }
}
