/** Who leads, and from which node, as a step of the story needs it; the scheduler is told so, and nothing is left to chance. */
import { SYSTEM } from "../support/commands.ts";
import { type Cluster, until } from "./kit.ts";
import { type Leader, leads, pods } from "./operator.ts";

/** Until all pods are there and ready. */
export const rolledOut = (cluster: Cluster): Promise<string> =>
  cluster.kubectl("-n", SYSTEM, "rollout", "status", "deployment/o365-sync-operator", "--timeout=180s");

export const nodesOfPods = async (cluster: Cluster): Promise<string[]> =>
  (await pods(cluster)).map(({ node }) => node).toSorted();

/** The leader in this node and the other pod in the other node. */
export async function leadFrom(cluster: Cluster, node: "n1" | "n2"): Promise<Leader> {
  const other = node === "n1" ? "n2" : "n1";
  const remove = (pod: string): Promise<string> => cluster.kubectl("-n", SYSTEM, "delete", "pod", pod);
  const here = await leads(cluster);
  const standby = (await pods(cluster)).find(({ name }) => name !== here.name);
  if (standby?.node === here.node) {
    await cluster.kubectl("cordon", here.node);
    await remove(standby.name);
    await rolledOut(cluster);
    await cluster.kubectl("uncordon", here.node);
  }
  if (here.node !== node) {
    // The pod in its place asks for the Lease when it starts, and often before the one that waits: it starts later.
    await cluster.kubectl("cordon", node, other);
    await remove(here.name);
    await leads(cluster, ({ name }) => name !== here.name);
    await cluster.kubectl("uncordon", other);
    await rolledOut(cluster);
    await cluster.kubectl("uncordon", node);
  }
  return until(`a leader in ${node} with another pod in ${other}`, async () => {
    const now = await leads(cluster);
    return now.node === node && (await nodesOfPods(cluster)).join() === "n1,n2" ? now : undefined;
  });
}
