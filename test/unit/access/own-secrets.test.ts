/** What is installed without Helm protects the installation's own Secrets as the chart does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { O365Sync } from "../../../src/api/types.generated.ts";
import { parseConfig } from "../../../src/config/config.ts";
import type { Client } from "../../../src/runtime/types.ts";
import { resolveAccess } from "../../../src/sync/access/connection.ts";
import { NOTHING_SHARED } from "../../../src/sync/access/shared-access.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;

interface Deployment {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly { args: string[] }[] } } };
}

const deployment = parseAllDocuments(readFileSync(join(ROOT, "config/operator.yaml"), "utf8"))
  .map((document) => document.toJS() as Deployment)
  .find(({ kind }) => kind === "Deployment");

/** Nothing is read before it is refused. */
const nobody = new Proxy({} as Client, {
  get: (_, verb) => () => Promise.reject(new Error(`asked the API server: ${String(verb)}`)),
});

describe("By the flags of config/operator.yaml", () => {
  it.each(["app", "smtp", "proxy"])(
    "an O365Sync beside the operator may not name its Secret -%s (11)",
    async (kind) => {
      const { name, namespace } = deployment?.metadata ?? { name: "", namespace: "" };
      const config = parseConfig(deployment?.spec.template.spec.containers[0]?.args ?? [], { POD_NAME: "pod" });
      if (typeof config === "string") throw new Error(config);
      const sharedKeys = {
        access: NOTHING_SHARED,
        federatedTokenFile: undefined,
        ownSecrets: config.ownSecrets,
      };
      const object = (secret: string) =>
        ({
          metadata: { name: "evil", namespace },
          spec: {
            cloud: "Global",
            tenantId: "6f1c0f2e-5a0d-4c55-9b39-6d1f7f7b2a10",
            credentials: {
              clientId: "11111111-2222-4333-8444-555555555555",
              clientSecretRef: { name: secret, key: "k" },
            },
          },
        }) as unknown as O365Sync;
      const { signal } = new AbortController();
      await expect(resolveAccess(nobody, sharedKeys, object(`${name}-${kind}`), signal)).rejects.toMatchObject({
        reason: "TenantNotAllowed",
      });
      await expect(resolveAccess(nobody, sharedKeys, object("mine"), signal)).rejects.toThrow("asked the API server");
    },
  );
});
