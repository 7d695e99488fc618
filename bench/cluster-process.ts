/** The embedded API server in a process of its own. */

import { startEmbedded } from "../dev/apiserver/index.ts";
import { applyCrds } from "../dev/controlplane/index.ts";
import type { ClusterHello } from "./cluster.ts";

const control = await startEmbedded();
await applyCrds(control);
const [, , kubeconfig = ""] = process.argv;
await control.writeKubeconfig(kubeconfig, "operator");
const { server, adminToken, ca = "" } = control;
process.send?.({ server, adminToken, ca } satisfies ClusterHello);
process.on("disconnect", () => process.exit(0));
