/** Looks at the operator in the cluster, as somebody does who runs it. */
import { SYSTEM } from "../support/commands.ts";
import { type Cluster, until } from "./kit.ts";

const SELECTOR = "app.kubernetes.io/name=o365-sync-operator";
export const SYNC = "o365syncs.o365sync.dev/example-com";

export interface Pod {
  readonly name: string;
  readonly node: string;
  readonly image: string;
  readonly ready: boolean;
}

interface List<T> {
  readonly items: readonly T[];
}

interface PodObject {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { readonly image: string }[] };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export interface HistoryRecord {
  readonly id: string;
  readonly trigger: string;
  readonly result: string;
}

/** Those that are not about to go. */
export async function pods(cluster: Cluster): Promise<Pod[]> {
  const { items } = await cluster.get<List<PodObject>>("pods", "-n", SYSTEM, "-l", SELECTOR);
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, spec, status }) => ({
      name: metadata.name,
      node: spec.nodeName ?? "",
      image: spec.containers[0]?.image ?? "",
      ready: status.conditions?.some((each) => each.type === "Ready" && each.status === "True") ?? false,
    }));
}

interface Lease {
  readonly spec: {
    readonly holderIdentity?: string;
    readonly renewTime: string;
    readonly leaseDurationSeconds: number;
  };
}

/** Identity of the process that leads, which begins with the name of its pod; undefined while nobody renews. */
async function leader(cluster: Cluster): Promise<string | undefined> {
  const { spec } = await cluster.get<Lease>("lease", "o365-sync-operator", "-n", SYSTEM);
  const ageMs = Date.now() - Date.parse(spec.renewTime);
  return spec.holderIdentity && ageMs < spec.leaseDurationSeconds * 1000 ? spec.holderIdentity : undefined;
}

export interface Leader extends Pod {
  readonly identity: string;
}

export const leads = (cluster: Cluster, is: (leader: Leader) => boolean = () => true): Promise<Leader> =>
  until("a pod leads", async () => {
    const identity = (await leader(cluster)) ?? "";
    const pod = (await pods(cluster)).find(({ name }) => name === identity.split("_")[0]);
    return pod !== undefined && is({ ...pod, identity }) ? { ...pod, identity } : undefined;
  });

export async function history(cluster: Cluster): Promise<HistoryRecord[]> {
  const { data } = await cluster.get<{ data: Record<string, string> }>(
    "configmap",
    "example-com-history",
    "-n",
    "mail",
  );
  return (JSON.parse(data["history.json"] ?? "") as { records: HistoryRecord[] }).records;
}

export async function recipients(cluster: Cluster): Promise<Record<string, string>> {
  type Tables = { readonly data?: Record<string, string>; readonly binaryData?: Record<string, string> };
  const { data, binaryData } = await cluster.get<Tables>("configmap", "example-com-recipients", "-n", "mail");
  return { ...data, ...binaryData };
}

let asked = 100;
/** Asks for a sync by hand, and waits for the answer. */
export async function syncNow(cluster: Cluster, seconds = 180): Promise<string> {
  const token = String(++asked);
  await cluster.kubectl("annotate", SYNC, "-n", "mail", `o365sync.dev/sync=${token}`, "--overwrite");
  const handled = `--for=jsonpath={.status.handledSync}=${token}`;
  await cluster.kubectl("wait", SYNC, "-n", "mail", handled, `--timeout=${seconds}s`);
  return cluster.kubectl("get", SYNC, "-n", "mail", "-o", "jsonpath={.status.requests.sync.state}");
}

const MINUTE_MS = 60_000;
/** As many as a day may have. */
const SLOTS = 4;

/** Slots at the minutes that begin after `from`; answers them. */
export async function scheduleEachMinute(cluster: Cluster, from: number): Promise<Date[]> {
  const first = Math.ceil(from / MINUTE_MS) * MINUTE_MS;
  const slots = Array.from({ length: SLOTS }, (_, index) => new Date(first + index * MINUTE_MS));
  const times = slots.map((slot) => slot.toISOString().slice(11, 16));
  const spec = { schedule: { enabled: true, times, timesPerDay: null, timeZone: "UTC" } };
  await cluster.kubectl("patch", SYNC, "-n", "mail", "--type=merge", "-p", JSON.stringify({ spec }));
  return slots;
}

/** Records of a slot; one is right. */
export async function runsOf(cluster: Cluster, slot: Date): Promise<HistoryRecord[]> {
  return (await history(cluster)).filter(
    ({ id, trigger }) => trigger === "Schedule" && Date.parse(id.replace(/^slot-/, "")) === slot.getTime(),
  );
}
