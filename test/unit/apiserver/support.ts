/** An embedded API server for a test, calls to it, and its watches as lists that grow. */
import https from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { type EmbeddedControlPlane, startEmbedded } from "../../../dev/apiserver/index.ts";
import { applyCrds } from "../../../dev/controlplane/crds.ts";
import { type Answer, type Request, send } from "../conformance/send.ts";

export interface Watch {
  readonly events: readonly { type: string; object: { metadata: { name: string }; code?: number } }[];
  /** Undefined while the connection stands; `end`, or the code of an error. */
  readonly closed: string | undefined;
  close(): void;
}

export interface Server extends EmbeddedControlPlane {
  call(method: NonNullable<Request["method"]>, path: string, body?: unknown, contentType?: string): Promise<Answer>;
  /** Resolves when the head of the answer has come. */
  watch(path: string): Promise<Watch>;
}

export const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
export const MERGE = "application/merge-patch+json";
const WAIT_MS = 20_000;

export const configMap = (name: string, metadata: object = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
});

export async function startServer(): Promise<Server> {
  const embedded = await startEmbedded();
  await applyCrds(embedded);
  return {
    ...embedded,
    call: (method, path, body, contentType) =>
      send(embedded, { method, path, body, ...(contentType && { contentType }) }),
    watch: (path) => watch(embedded, path),
  };
}

function watch({ server, ca, adminToken }: EmbeddedControlPlane, path: string): Promise<Watch> {
  const url = new URL(path, server);
  url.searchParams.set("watch", "true");
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${adminToken}` };
    const request = https.get(url, { headers, agent: false, ...(ca && { ca }) }, (response) => {
      const events: Watch["events"][number][] = [];
      let rest = "";
      let closed: string | undefined;
      response.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) events.push(JSON.parse(line) as Watch["events"][number]);
      });
      response.on("error", (error: NodeJS.ErrnoException) => {
        closed = error.code ?? error.message;
      });
      response.on("end", () => {
        closed = "end";
      });
      resolve({
        events,
        get closed() {
          return closed;
        },
        close: () => void request.destroy(),
      });
    });
    request.on("error", reject);
  });
}

/** Looks until it holds. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${String(what)}`);
    await pause(5);
  }
}

export const seen = ({ events }: Watch): string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name ?? ""}`.trim());

export const metaOf = ({ body }: Answer): { resourceVersion: string; continue: string; uid: string } =>
  (body as { metadata: { resourceVersion: string; continue: string; uid: string } }).metadata;

export const messageOf = ({ body }: Answer): string => (body as { message: string }).message;
