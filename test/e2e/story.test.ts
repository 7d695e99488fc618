/** A real cluster, from nothing to the loss of a node: kubelet, containerd, scheduler, the image, the chart by Helm, gateways that answer SMTP. */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { commandsOf, SYSTEM } from "../support/commands.ts";
import { type Page, readPages } from "../support/pages.ts";
import { type ArmImage, makeArmImage } from "./arm64.ts";
import { bill, billText, timed } from "./bill.ts";
import { gatewayNodes, installGateways, makeGatewayImage } from "./gateways.ts";
import { type Cluster, createCluster, findKit, ROOT, until } from "./kit.ts";
import { history, leads, pods, recipients, runsOf, SYNC, scheduleEachMinute, syncNow } from "./operator.ts";
import { leadFrom, nodesOfPods, rolledOut } from "./places.ts";
import {
  type Frozen,
  IMAGE,
  loadImage,
  makeImage,
  nodeReady,
  prepareNamespace,
  restartKubelet,
  rotateTokens,
  startTenantIn,
  type Tenant,
  unpackFrozen,
} from "./setup.ts";

const kit = findKit();
if (kit === undefined) console.log("skipped: E2E_KIT does not name a kit that makes real nodes");
const MINUTE_MS = 60_000;
/** Of the range that OpenShift gives a namespace: a user that the image does not know. */
const SOMEBODY = 1_000_650_000;
const OLD_TAG = "frozen";
/** In the node in which commands are typed. */
const SECRET_FILE = "/run/o365-client-secret";
/** Before a slot comes: what is to happen across it has begun by then. */
const LEAD_MS = 4000;

describe.skipIf(kit === undefined)("On real nodes", { timeout: 10 * MINUTE_MS }, () => {
  let cluster: Cluster;
  let tenant: Tenant;
  let frozen: Frozen | undefined;
  let values: string;
  /** Of the operator, under the name that the documentation gives it. */
  let image: Promise<void>;
  let gateways: Promise<void>;
  let arm: Promise<ArmImage>;
  /** By node: its gateway has accepted somebody new. */
  const accepted = new Map<string, Promise<void>>();
  let slots: Date[] = [];
  /** The namespace of the objects is empty, and gone. */
  let emptied: Promise<unknown> = Promise.resolve();

  const ok = async (line: string): Promise<string> => {
    const { status, stdout, stderr } = await cluster.shell(line);
    expect({ line, status, stderr: status === 0 ? "" : stderr + stdout }).toEqual({ line, status: 0, stderr: "" });
    return stdout;
  };
  /** As typed, but for where the image and the file of the secret are, and for the tenant that is simulated. */
  const typed = (line: string): string =>
    line.startsWith("helm upgrade --install")
      ? `${line.replace("registry.example.com", "localhost")} --values ${values}`
      : line.replace("=clientSecret=secret ", `=clientSecret=${SECRET_FILE} `);
  const page = (path: string): Page => {
    const found = readPages().find((each) => each.path === path);
    if (found === undefined) throw new Error(`there is no ${path}`);
    return found;
  };
  const started = (): string[] => commandsOf(page("docs/getting-started.md"));
  const gatewayIp = (name: string): Promise<string> =>
    cluster.kubectl("get", "pod", name, "-n", "mail", "-o", "jsonpath={.status.podIP}");
  /** What a gateway says of a recipient, as soon as it says that. */
  async function answers(gateway: string, address: string, code: string, seconds: number): Promise<number> {
    const program = ["node", "--import", "tsx", join(ROOT, "test/e2e/accepts.ts")];
    const told = await cluster.run([...program, await gatewayIp(gateway), address, code, String(seconds)]);
    return (JSON.parse(told) as { seconds: number }).seconds;
  }
  /** The gateway in n1, the node that is left. */
  async function stillAccepts(): Promise<void> {
    const [gateway] = (await gatewayNodes(cluster)).find(([, node]) => node === "n1") ?? [];
    if (gateway === undefined) throw new Error("no gateway in n1");
    await answers(gateway, "new.hire@example.com", "250", 60);
  }
  /** One that is about to come; the schedule gets the coming minutes where its own are over. */
  async function slotAhead(): Promise<Date> {
    const found = slots.find((each) => each.getTime() - Date.now() > LEAD_MS);
    if (found !== undefined) return found;
    slots = await scheduleEachMinute(cluster, Date.now() + 2 * LEAD_MS);
    return slotAhead();
  }
  const waitUntil = (time: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, Math.max(0, time - Date.now())));
  /** The slot that came meanwhile has run, once. */
  const hasRun = (slot: Date) =>
    until(`the slot ${slot.toISOString()} has run`, async () => {
      const runs = await runsOf(cluster, slot);
      return runs.length > 0 ? runs : undefined;
    });

  beforeAll(async () => {
    cluster = await createCluster(kit ?? "");
    const up = timed("two nodes", () => cluster.kit("up", "2"));
    await Promise.all([up, timed("base images", () => cluster.baseImages())]);
    frozen = await unpackFrozen(cluster);
    const old = frozen && (await makeImage(cluster, join(cluster.folder, "frozen"), `o365-sync-operator:${OLD_TAG}`));
    // Needed later, one after the other: made while what comes before is tried.
    const made = makeImage(cluster, ROOT, "o365-sync-operator:0.1.0");
    image = made.then((file) => loadImage(cluster, file));
    const gatewayMade = made.then(() => makeGatewayImage(cluster));
    arm = gatewayMade.then(() => makeArmImage(cluster));
    gateways = Promise.all([image, gatewayMade]).then(([, file]) => loadImage(cluster, file));
    for (const each of [image, gateways, arm]) each.catch(() => {});
    if (old !== undefined) await loadImage(cluster, old);
    tenant = await startTenantIn(cluster);
    // kubelet as people have it: the kit's looks every 10 seconds.
    await restartKubelet(cluster, "n2", "s/^syncFrequency: .*/syncFrequency: 1m0s/");
    await nodeReady(cluster, "n2");
    values = await prepareNamespace(cluster, tenant, SYSTEM);
    await ok(`printf %s a-secret-of-the-simulated-tenant > ${SECRET_FILE}`);
  }, 15 * MINUTE_MS);
  afterEach(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    const look = "kubectl get pods,nodes -A -o wide; kubectl get leases -A; kubectl -n mail get o365syncs,maildomains";
    const events = "kubectl get events -A --sort-by=.lastTimestamp | tail -30";
    const log = `kubectl -n ${SYSTEM} logs -l app.kubernetes.io/name=o365-sync-operator --prefix --tail=20`;
    const { stdout, stderr } = await cluster.shell(`set +e; ${look}; ${events}; ${log}`);
    console.log(stdout + stderr);
  });
  afterAll(async () => {
    await timed("everything taken down", () => cluster.end());
    console.log(billText());
  }, 5 * MINUTE_MS);

  it("upgrades from the frozen release, with --reuse-values: the list stays, and nothing runs again", async (context) => {
    if (frozen === undefined) return context.skip();
    const chart = `--namespace ${SYSTEM} --wait`;
    const old = `--values ${values} --set image.repository=${IMAGE} --set image.tag=${OLD_TAG}`;
    await timed(`chart ${frozen.version}`, () =>
      ok(`helm install o365-sync-operator ${frozen?.chart} ${chart} ${old}`),
    );
    await ok("kubectl create namespace mail");
    for (const command of started().filter((each) => /secret generic|apply .*examples/.test(each)))
      await ok(typed(command));
    expect(await syncNow(cluster)).toBe("Succeeded");
    const before = await recipients(cluster);
    await image;
    const changed = `--set image.tag=0.1.0 --set podSecurityContext.runAsUser=${SOMEBODY}`;
    await timed("helm upgrade", () =>
      ok(`helm upgrade o365-sync-operator charts/o365-sync-operator ${chart} --reuse-values ${changed}`),
    );
    await leads(cluster, ({ image }) => image === `${IMAGE}:0.1.0`);
    expect(await recipients(cluster)).toEqual(before);
    expect((await history(cluster)).map(({ trigger }) => trigger)).toEqual(["Manual"]);
    expect(await syncNow(cluster)).toBe("Succeeded");
    expect(await recipients(cluster)).toEqual(before);
  });

  it("has run as a user that the image does not know, as OpenShift gives one", async (context) => {
    if (frozen === undefined) return context.skip();
    const { name } = await leads(cluster);
    const user = await ok(`kubectl -n ${SYSTEM} exec ${name} -- /nodejs/bin/node --print 'process.getuid()'`);
    expect(Number(user)).toBe(SOMEBODY);
  });

  it("leaves lists and objects when it is uninstalled, and goes as docs/upgrade.md says", async (context) => {
    if (frozen === undefined) return context.skip();
    const before = await recipients(cluster);
    await timed("helm uninstall", () => ok(`helm uninstall o365-sync-operator --namespace ${SYSTEM} --wait`));
    expect(await recipients(cluster)).toEqual(before);
    await cluster.kubectl("get", SYNC, "-n", "mail");
    const removing = commandsOf(page("docs/upgrade.md")).filter((each) => each.startsWith("kubectl delete"));
    expect(removing).toHaveLength(3);
    for (const command of removing) await ok(command);
    // It takes seconds, in which the chart is installed anew.
    emptied = ok("kubectl delete namespace mail");
    emptied.catch(() => {});
  });

  it("installs as docs/getting-started.md says, among restricted pods, up to a published list", async () => {
    const commands = started().filter((each) => !each.startsWith("docker"));
    expect(commands.length).toBeGreaterThan(10);
    await image;
    // A person's shell remembers what was set; here each line has a shell of its own.
    let remembered = "";
    for (const command of commands) {
      if (command.startsWith("kubectl apply")) await emptied;
      const [, name] = /^([A-Z]+)=/.exec(command) ?? [];
      if (name === undefined) await timed(`$ ${command.slice(0, 70)}`, () => ok(`${remembered}${typed(command)}`));
      else remembered += `${name}=${(await ok(`${command}; printf %s "$${name}"`)).trim()}; `;
    }
    expect(await nodesOfPods(cluster)).toEqual(["n1", "n2"]);
    expect((await recipients(cluster))["relay_recipients"]).toContain("\nada.abel@example.com OK\n");
  });

  it("takes a new secret of the app while it runs", async () => {
    await tenant.tell({ secret: "rotated" });
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "o365", namespace: "mail" } };
    await cluster.kubectl("delete", "secret", "o365", "-n", "mail");
    await cluster.apply({ ...secret, stringData: { clientSecret: "rotated" } });
    expect(await syncNow(cluster)).toBe("Succeeded");
  });

  it("goes on with the tokens that kubelet has written, when the old ones are void", async () => {
    await timed("tokens rotated", async () => {
      await rotateTokens(cluster);
      await leads(cluster);
      expect(await syncNow(cluster)).toBe("Succeeded");
    });
  });

  it("feeds gateways, one on each node: whom the list has they take, and nobody else", async () => {
    await cluster.kubectl("patch", SYNC, "-n", "mail", "--type=merge", "-p", '{"spec":{"output":{"formats":["cdb"]}}}');
    await until("the tables are there", async () => (await recipients(cluster))["relay_recipients.cdb"]);
    await gateways;
    await installGateways(cluster);
    await timed("gateways ready", () =>
      ok("kubectl -n mail rollout status statefulset/postfix-gateway --timeout=180s"),
    );
    expect((await gatewayNodes(cluster)).map(([, node]) => node).toSorted()).toEqual(["n1", "n2"]);
    await Promise.all(
      ["postfix-gateway-0", "postfix-gateway-1"].map(async (gateway) => {
        await answers(gateway, "ada.abel@example.com", "250", 180);
        await answers(gateway, "nobody@example.com", "550", 60);
      }),
    );
  });

  it("brings somebody new to the gateways; how long kubelet takes is measured while the next steps go on", async () => {
    await tenant.tell({ hire: "new.hire@example.com" });
    const start = performance.now();
    expect(await syncNow(cluster)).toBe("Succeeded");
    bill("sync of somebody new", (performance.now() - start) / 1000);
    for (const [gateway, node] of await gatewayNodes(cluster)) {
      const told = `kubelet's sync every ${node === "n2" ? 60 : 10} s`;
      const taken = answers(gateway, "new.hire@example.com", "250", 240).then((seconds) =>
        bill(`${node}: from the published list to 250 for somebody new, ${told}`, seconds),
      );
      taken.catch(() => {});
      accepted.set(node, taken);
    }
    // It comes while other things are tried.
    await slotAhead();
  });

  it("restarts across a slot: the new pods are spread, the Lease moves, the slot runs once", async () => {
    const slot = await slotAhead();
    await waitUntil(slot.getTime() - LEAD_MS);
    const old = await leads(cluster);
    await timed("rollout restart", async () => {
      await ok(`kubectl -n ${SYSTEM} rollout restart deployment/o365-sync-operator`);
      await rolledOut(cluster);
    });
    const now = await leads(cluster, ({ name }) => name !== old.name);
    expect(now.ready).toBe(true);
    await until("the old pods are gone", async () => ((await pods(cluster)).length === 2 ? true : undefined));
    expect(await nodesOfPods(cluster)).toEqual(["n1", "n2"]);
    expect(await hasRun(slot)).toHaveLength(1);
  });

  it("is led by another process after kill -9 of the one that leads", async () => {
    const { name, node, identity } = await leads(cluster);
    await timed("kill -9 of the leader", async () => {
      await cluster.killContainer(node, name);
      await leads(cluster, (pod) => pod.identity !== identity);
    });
    await until("both are ready", async () => ((await pods(cluster)).every(({ ready }) => ready) ? true : undefined));
  });

  it("is drained from the node of the leader within its budget, and leads elsewhere", async () => {
    // The gateway in n2 stays: what its kubelet takes is still being measured.
    await accepted.get("n1");
    await leadFrom(cluster, "n1");
    const moved = (await gatewayNodes(cluster)).flatMap(([gateway, node]) => (node === "n1" ? [gateway] : []));
    await timed("drain", async () => {
      await ok("kubectl drain n1 --ignore-daemonsets --delete-emptydir-data --timeout=180s");
      await leads(cluster, ({ node }) => node === "n2");
      await rolledOut(cluster);
    });
    expect(await nodesOfPods(cluster)).toEqual(["n2", "n2"]);
    await ok("kubectl uncordon n1");
    await ok(`kubectl -n ${SYSTEM} rollout restart deployment/o365-sync-operator`);
    await rolledOut(cluster);
    // All else that runs is still on the other node, and would draw them there.
    expect(await nodesOfPods(cluster)).toEqual(["n1", "n2"]);
    for (const gateway of moved) await ok(`kubectl -n mail delete pod ${gateway}`);
  });

  it("took somebody new at the gateway of either node", async () => {
    expect([...accepted.keys()].toSorted()).toEqual(["n1", "n2"]);
    await Promise.all(accepted.values());
  });

  it("has been built for arm64 too, with no program in it for another processor", async () => {
    expect(await arm).toEqual({ os: "linux", architecture: "arm64", programs: { "nodejs/bin/node": "arm64" } });
  });

  it("loses the node of the leader across a slot: the other node leads, the slot runs once, its gateway goes on", async () => {
    const lost = await leadFrom(cluster, "n2");
    await ok("kubectl -n mail rollout status statefulset/postfix-gateway --timeout=180s");
    const slot = await slotAhead();
    await waitUntil(slot.getTime() - LEAD_MS);
    const start = performance.now();
    const since = (what: string): void =>
      bill(`power loss of the leader's node: until ${what}`, (performance.now() - start) / 1000);
    process.kill(await cluster.pidOf("n2"), "SIGKILL");
    const noticed = ok("kubectl wait node/n2 --for=condition=Ready=Unknown --timeout=180s").then(() =>
      since("it is not ready"),
    );
    noticed.catch(() => {});
    await leads(cluster, ({ name, node }) => name !== lost.name && node === "n1");
    since("another leads");
    expect(await hasRun(slot)).toHaveLength(1);
    since("the slot has run");
    expect(await syncNow(cluster)).toBe("Succeeded");
    await stillAccepts();
    await noticed;
  });

  it("lost no slot of the whole story, and ran none twice", async () => {
    const ids = (await history(cluster)).filter(({ trigger }) => trigger === "Schedule").map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(ids.length);
    const missed = await cluster.kubectl("get", SYNC, "-n", "mail", "-o", "jsonpath={.status.schedule.missedSlots}");
    expect(["", "0"]).toContain(missed);
  });

  it("uninstalls, and the gateway goes on with the last list", async () => {
    const before = await recipients(cluster);
    await ok(`helm uninstall o365-sync-operator --namespace ${SYSTEM}`);
    await until("its pods are gone from n1", async () =>
      (await pods(cluster)).every(({ node }) => node === "n2") ? true : undefined,
    );
    expect(await recipients(cluster)).toEqual(before);
    await stillAccepts();
  });
});
