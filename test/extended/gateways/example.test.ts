/** The manifests and the configuration of examples/postfix-gateway fit each other, the docs and the API server. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { tableName } from "../../../src/api/names.ts";
import { request } from "../../support/api.ts";
import { createNamespace, useControlPlane } from "../../support/controlplane.ts";
import { documented, settingsOf } from "../../support/gateways/docs.ts";
import { EXAMPLE } from "../../support/gateways/postfix.ts";
import { filesOf, ROOT } from "../../support/pages.ts";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
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
interface Kustomization {
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
}

const kustomization = (folder: string): Kustomization =>
  parse(readFileSync(join(folder, "kustomization.yaml"), "utf8")) as Kustomization;
const documents = (name: string): Manifest[] =>
  parseAllDocuments(readFileSync(`${ROOT}examples/${name}`, "utf8")).map((document) => document.toJS() as Manifest);
const manifests = (name: string): Manifest[] =>
  parseAllDocuments(read(name)).map((document) => document.toJS() as Manifest);

/** Whose objects readers make theirs: the pages say so. */
const MADE_BY_READERS = ["examples/maildomain.yaml", "examples/o365sync.yaml", "examples/full.yaml"];

describe("Examples that are applied as they stand (issue 22, point 5)", () => {
  it("touch no MailDomain, no O365Sync and no Secret", () => {
    const applied = filesOf("examples", ".yaml", true).filter((path) => !MADE_BY_READERS.includes(path));
    const kinds = applied.flatMap((path) => documents(path.slice("examples/".length)).map(({ kind }) => kind));
    expect(kinds.length).toBeGreaterThan(4);
    expect(kinds.filter((kind) => ["MailDomain", "O365Sync", "Secret", "Namespace"].includes(kind))).toEqual([]);
  });
});

describe("examples/postfix-gateway", () => {
  const [gateway, service] = manifests("gateway.yaml");
  const pod = gateway?.spec.template.spec;
  const [container] = pod?.containers ?? [];

  it("mounts what the objects of getting-started publish, where main.cf looks for it", () => {
    const [domain] = documents("maildomain.yaml");
    const [sync] = documents("o365sync.yaml");
    const volumes = Object.fromEntries((pod?.volumes ?? []).map(({ name, configMap }) => [name, configMap.name]));
    expect(volumes).toMatchObject({
      recipients: tableName(sync?.metadata.name ?? "", 1, 0),
      routing: `${domain?.metadata.name}-routing`,
    });
    expect(kustomization(EXAMPLE).namespace).toBe(sync?.metadata.namespace);
    const mounts = (container?.volumeMounts ?? []).map(({ name, mountPath }) => `${name} ${mountPath}`);
    const folder = /^sync_folder = (.*)$/m.exec(read("main.cf"))?.[1];
    expect(mounts).toContain(`recipients ${folder}/recipients`);
    expect(mounts).toContain(`routing ${folder}/routing`);
    expect((container?.volumeMounts ?? []).filter(({ subPath }) => subPath !== undefined)).toEqual([]);
  });

  it("takes its configuration from the ConfigMap that kustomize makes", () => {
    const { configMapGenerator } = kustomization(EXAMPLE);
    expect(configMapGenerator).toEqual([{ name: "postfix-gateway", files: ["main.cf", "master.cf", "start.sh"] }]);
    const mount = container?.volumeMounts.find(({ name }) => name === "config")?.mountPath;
    expect(container?.command).toEqual(["/bin/sh", `${mount}/start.sh`]);
    expect(container?.env).toContainEqual({ name: "MAIL_CONFIG", value: mount });
  });

  it("has the settings that docs/consumers.md shows, with their values", () => {
    const shown = settingsOf(documented("main.cf"));
    expect(Object.keys(shown).length).toBeGreaterThan(12);
    expect(settingsOf(read("main.cf"))).toMatchObject(shown);
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
