/** What the demo does with the cluster, in the words of kubectl. */
import { setTimeout as pause } from "node:timers/promises";
import type { O365Sync } from "../../src/api/types.generated.ts";
import type { ConfigMap } from "../../src/runtime/kube.ts";
import { call } from "../controlplane/call.ts";
import type { ControlPlaneAccess } from "../types.ts";

export interface Cluster {
  create(path: string, object: object): Promise<void>;
  sync(): Promise<O365Sync>;
  configMap(name: string): Promise<ConfigMap>;
  annotate(annotation: string, value: string): Promise<void>;
  /** A merge patch of the spec. */
  patch(spec: object): Promise<void>;
  /** Resolves with the first object that `is` accepts; rejects after 20 s. */
  until(is: (sync: O365Sync) => boolean): Promise<O365Sync>;
  /** The columns that `kubectl get` prints. */
  table(plural: string): Promise<string>;
}

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly { readonly cells: readonly (string | number | boolean | null)[] }[];
}

const PATIENCE_MS = 20_000;
const GROUP = "/apis/o365sync.dev/v1alpha1/namespaces/mail";
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

export function createCluster(access: ControlPlaneAccess): Cluster {
  async function must(request: Parameters<typeof call>[1]): Promise<unknown> {
    const { status, body } = await call(access, request);
    if (status < 300) return body;
    throw new Error(
      `${request.method} ${request.path}: HTTP ${status}: ${(body as { message?: string } | null)?.message}`,
    );
  }
  const sync = async (): Promise<O365Sync> =>
    (await must({ method: "GET", path: `${GROUP}/o365syncs/example-com` })) as O365Sync;

  return {
    sync,
    async create(path, object) {
      await must({ method: "POST", path, body: object });
    },
    configMap: async (name) =>
      (await must({ method: "GET", path: `/api/v1/namespaces/mail/configmaps/${name}` })) as ConfigMap,
    async annotate(annotation, value) {
      const body = { metadata: { annotations: { [`o365sync.dev/${annotation}`]: value } } };
      const path = `${GROUP}/o365syncs/example-com?fieldManager=demo`;
      await must({ method: "PATCH", path, body, contentType: "application/merge-patch+json" });
    },
    async patch(spec) {
      const path = `${GROUP}/o365syncs/example-com?fieldManager=demo`;
      await must({ method: "PATCH", path, body: { spec }, contentType: "application/merge-patch+json" });
    },
    async until(is) {
      const deadline = Date.now() + PATIENCE_MS;
      for (;;) {
        const found = await sync();
        if (is(found)) return found;
        if (Date.now() > deadline)
          throw new Error(`waited in vain; the status is ${JSON.stringify(found.status, null, 1)}`);
        await pause(50);
      }
    },
    table: async (plural) =>
      format((await must({ method: "GET", path: `${GROUP}/${plural}`, accept: TABLE })) as Table),
  };
}

function format({ columnDefinitions, rows }: Table): string {
  const shown = columnDefinitions.flatMap(({ priority }, index) => (priority === 0 ? [index] : []));
  const cells = [
    shown.map((index) => columnDefinitions[index]?.name.toUpperCase() ?? ""),
    ...rows.map((row) => shown.map((index) => String(row.cells[index] ?? ""))),
  ];
  const widths = shown.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}
