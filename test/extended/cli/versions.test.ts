/** `kubectl mailsync` against CRDs that are older and newer than it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call } from "../../../dev/controlplane/call.ts";
import { type OwnApiServer, startOwnApiServer } from "../../support/embedded.ts";
import { mailsync } from "../../support/mailsync.ts";

const CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/o365syncs.o365sync.dev";
const SYNC = {
  apiVersion: "o365sync.dev/v1alpha1",
  kind: "O365Sync",
  metadata: { name: "example-com", namespace: "default" },
  spec: {
    domainRef: { name: "example-com" },
    tenantId: "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10",
    credentials: { clientId: "11111111-2222-4333-8444-555555555555", clientSecretRef: { name: "o365" } },
  },
};

type Schema = { properties?: Record<string, Schema>; type?: string };
interface Crd {
  metadata: { labels?: Record<string, string> };
  spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
}

let server: OwnApiServer;
let crd: Crd;
const told = async (...args: string[]) =>
  mailsync(args, { kubeconfig: server.access.kubeconfig, namespace: "default" });
const must = async (method: "GET" | "PUT" | "POST", path: string, body?: object): Promise<unknown> => {
  const answer = await call(server.access, { method, path, ...(body === undefined ? {} : { body }) });
  if (answer.status >= 300) throw new Error(`${path}: HTTP ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
/** Puts the CRD as `change` makes it. */
async function put(change: (spec: Schema, all: Crd) => void): Promise<void> {
  const changed = structuredClone(crd);
  const { resourceVersion } = ((await must("GET", CRD)) as { metadata: { resourceVersion: string } }).metadata;
  Object.assign(changed.metadata, { resourceVersion });
  for (const { schema } of changed.spec.versions) change(schema.openAPIV3Schema.properties?.["spec"] ?? {}, changed);
  await must("PUT", CRD, changed);
}

beforeAll(async () => {
  server = await startOwnApiServer();
  crd = (await must("GET", CRD)) as Crd;
  await must("POST", "/apis/o365sync.dev/v1alpha1/namespaces/default/o365syncs", SYNC);
});
afterAll(() => server.stop());

describe.each([
  [
    "older",
    ({ properties: { schedule } = {} }: Schema) => {
      delete schedule?.properties?.["cron"];
      delete schedule?.properties?.["additions"];
    },
    "the CRDs are older than 0.2.0: they lack",
  ],
  [
    "newer",
    ({ properties = {} }: Schema, all: Crd) => {
      properties["moonPhase"] = { type: "string" };
      all.metadata.labels = { ...all.metadata.labels, "app.kubernetes.io/version": "99.0.0" };
    },
    "the CRDs are of version 99.0.0, and this program is of 0.0.0",
  ],
  ["of the same version", () => {}, "the CRDs know what version 0.0.0 of this program knows"],
] as const)("CRDs that are %s", (_, change, words) => {
  beforeAll(() => put(change));

  it("are told by doctor, with a cure where there is one to give", async () => {
    expect((await told("doctor")).out).toContain(words);
  });

  it.each([["get"], ["get", "example-com", "-o", "yaml"], ["consent", "example-com"], ["why", "a@example.com"]])(
    "leave commands their work: %s %s",
    async (...args) => {
      const { code, out, err } = await told(...args.filter((word) => word !== undefined));
      expect({ args, told: out !== "", code: code < 3, err: /TypeError|undefined|NaN/.test(out + err) }).toEqual({
        args,
        told: true,
        code: true,
        err: false,
      });
    },
  );
});
