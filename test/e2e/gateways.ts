/** The example gateway as it stands in examples: only the name of its image, and where it keeps its spool, are of this cluster. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { timed } from "./bill.ts";
import { type Cluster, ROOT } from "./kit.ts";
import { makeImage } from "./setup.ts";

const NAMES = ["postfix-gateway-0", "postfix-gateway-1"];

/** The image of the example, on a base with Debian's packages; answers its file. */
export async function makeGatewayImage(cluster: Cluster): Promise<string> {
  await timed("Debian's base image", () => cluster.images("base-images", "debian"));
  const from = ["--from", "localhost/debian:bookworm-slim"];
  return makeImage(cluster, join(ROOT, "examples/postfix-gateway"), "postfix-gateway:1", ...from);
}

/** Two replicas, apart; there is no storage class, so that each finds a volume that is a folder. */
export async function installGateways(cluster: Cluster): Promise<void> {
  const folder = join(cluster.folder, "gateway");
  cpSync(join(ROOT, "examples/postfix-gateway"), join(folder, "example"), { recursive: true });
  const apart = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "postfix-gateway" },
    spec: {
      podManagementPolicy: "Parallel",
      template: {
        spec: {
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "kubernetes.io/hostname",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: { matchLabels: { "app.kubernetes.io/name": "postfix-gateway" } },
            },
          ],
        },
      },
    },
  };
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: ["example"],
    images: [{ name: "postfix-gateway", newName: "localhost/postfix-gateway" }],
    patches: [{ patch: JSON.stringify(apart) }],
  };
  writeFileSync(join(folder, "kustomization.yaml"), JSON.stringify(kustomization));
  for (const name of NAMES) {
    const path = join(folder, name);
    mkdirSync(path);
    await cluster.apply({
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: {
        capacity: { storage: "8Gi" },
        accessModes: ["ReadWriteOnce"],
        hostPath: { path },
        claimRef: { namespace: "mail", name: `spool-${name}` },
      },
    });
  }
  await cluster.run(["kubectl", "apply", "--server-side", "--kustomize", folder]);
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly nodeName: string };
  }[];
}

/** Where each gateway runs. */
export async function gatewayNodes(cluster: Cluster): Promise<(readonly [gateway: string, node: string])[]> {
  const { items } = await cluster.get<PodList>("pods", "-n", "mail", "-l", "app.kubernetes.io/name=postfix-gateway");
  return items.map(({ metadata, spec }) => [metadata.name, spec.nodeName]);
}
