/** The manifests and the configuration of examples/postfix-gateway fit each other, the docs and the API server. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { tableName } from "../../../src/api/names.ts";
import { request } from "../../support/api.ts";
import { createNamespace, useControlPlane } from "../../support/controlplane.ts";
import { consumersPage } from "../../support/gateways/docs.ts";
import { EXAMPLE } from "../../support/gateways/postfix.ts";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly volumes: readonly { readonly name: string; readonly configMap: { readonly name: string } }[];
        readonly containers: readonly [
          {
            readonly command: readonly string[];
            readonly env: readonly { readonly name: string; readonly value: string }[];
            readonly volumeMounts: readonly {
              readonly name: string;
              readonly mountPath: string;
              readonly subPath?: string;
            }[];
          },
        ];
      };
    };
  };
}

const read = (name: string): string => readFileSync(join(EXAMPLE, name), "utf8");
const manifests = (name: string): Manifest[] =>
  parseAllDocuments(read(name)).map((document) => document.toJS() as Manifest);

describe("examples/postfix-gateway", () => {
  const [gateway, service] = manifests("gateway.yaml");
  const pod = gateway?.spec.template.spec;
  const [container] = pod?.containers ?? [];

  it("mounts the ConfigMaps that its objects publish where main.cf looks for them", () => {
    const [domain, sync] = manifests("mail.yaml");
    const volumes = Object.fromEntries((pod?.volumes ?? []).map(({ name, configMap }) => [name, configMap.name]));
    expect(volumes).toMatchObject({
      recipients: tableName(sync?.metadata.name ?? "", 1, 0),
      routing: `${domain?.metadata.name}-routing`,
    });
    const mounts = (container?.volumeMounts ?? []).map(({ name, mountPath }) => `${name} ${mountPath}`);
    const folder = /^sync_folder = (.*)$/m.exec(read("main.cf"))?.[1];
    expect(mounts).toContain(`recipients ${folder}/recipients`);
    expect(mounts).toContain(`routing ${folder}/routing`);
    expect((container?.volumeMounts ?? []).filter(({ subPath }) => subPath !== undefined)).toEqual([]);
  });

  it("takes its configuration from the ConfigMap that kustomize makes", () => {
    const { configMapGenerator } = parse(read("kustomization.yaml")) as {
      configMapGenerator: { name: string; files: string[] }[];
    };
    expect(configMapGenerator).toEqual([{ name: "postfix-gateway", files: ["main.cf", "master.cf", "start.sh"] }]);
    const mount = container?.volumeMounts.find(({ name }) => name === "config")?.mountPath;
    expect(container?.command).toEqual(["/bin/sh", `${mount}/start.sh`]);
    expect(container?.env).toContainEqual({ name: "MAIL_CONFIG", value: mount });
  });

  it("has the settings that docs/consumers.md shows", () => {
    const shown = /These lines of `main.cf` are what matters:\n\n```\n([^`]*)```/.exec(consumersPage)?.[1] ?? "";
    const lines = shown.trimEnd().split("\n");
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(read("main.cf").split("\n")).toContain(line);
  });

  describe.skipIf(useControlPlane().kind === "embedded")("on a real API server", () => {
    let namespace: string;
    beforeAll(async () => {
      namespace = await createNamespace();
    });

    it.each([
      [gateway, "/apis/apps/v1", "statefulsets"],
      [service, "/api/v1", "services"],
    ])("is accepted, without an unknown field", async (manifest, group, resource) => {
      const path = `${group}/namespaces/${namespace}/${resource}?dryRun=All&fieldValidation=Strict`;
      const { status, body } = await request("POST", path, manifest ?? {});
      expect(status, JSON.stringify(body)).toBe(201);
    });
  });
});
