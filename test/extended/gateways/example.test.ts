/** The manifests and the configuration of examples/postfix-gateway fit each other, the docs and the API server. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { tableName } from "../../../src/api/names.ts";
import { parseGateway } from "../../../src/gateway/flags.ts";
import { request } from "../../support/api.ts";
import { createNamespace, useControlPlane } from "../../support/controlplane.ts";
import { documented, settingsOf } from "../../support/gateways/docs.ts";
import { EXAMPLE } from "../../support/gateways/postfix.ts";
import { lacks } from "../../support/gateways/programs.ts";
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
const MADE_BY_READERS = [
  "examples/maildomain.yaml",
  "examples/o365sync.yaml",
  "examples/full.yaml",
  "examples/namespace.yaml",
];

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
    const shown = settingsOf(documented("main.cf") + documented("mounted.cf"));
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

/** What kubectl makes of a folder. */
function kustomized(folder: string): Manifest[] {
  const kubectl = join(process.env["KUBEBUILDER_ASSETS"] ?? "", "kubectl");
  const text = execFileSync(kubectl, ["kustomize", `${ROOT}examples/${folder}`], { encoding: "utf8" });
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

describe.skipIf(useControlPlane().kind === "embedded")("examples/postfix-gateway-sidecar", () => {
  interface Sidecar {
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string }[];
  }

  it("is the same gateway with the program in place of the mounted lists", async () => {
    const objects = kustomized("postfix-gateway-sidecar");
    const namespace = await createNamespace();
    for (const { kind, metadata, ...rest } of objects) {
      const { apiVersion } = rest as unknown as { apiVersion: string };
      const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      const path = `${group}/namespaces/${namespace}/${kind.toLowerCase()}s?dryRun=All&fieldValidation=Strict`;
      const { status, body } = await request("POST", path, { kind, metadata: { ...metadata, namespace }, ...rest });
      expect({ kind, status, ...(status >= 300 && { body }) }).toEqual({ kind, status: 201 });
    }
    const pod = objects.find(({ kind }) => kind === "StatefulSet")?.spec.template.spec;
    expect(pod?.volumes.map(({ name }) => name)).toEqual(["lists", "api-access", "config"]);
    const { initContainers } = pod as unknown as { initContainers: readonly [Sidecar] };
    const [, ...flags] = initContainers[0].args;
    const parsed = parseGateway(flags.map((flag) => flag.replace("$(NAMESPACE)", namespace)));
    expect(parsed).toMatchObject({ socketmaps: [{ kind: "inet", host: "127.0.0.1", port: 10_460 }] });
    expect(documented("socketmap.cf")).toContain("inet:127.0.0.1:10460:");
  });
});

describe("examples/postfix-vm", () => {
  it.skipIf(lacks({ programs: ["systemd-analyze"] }))(
    "has a unit that systemd takes, alone and with the documented drop-in",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "o365-sync-unit-"));
      try {
        const name = "o365-sync-gateway.service";
        // What the unit starts need not be on the machine that tests it.
        const unit = readFileSync(`${ROOT}examples/postfix-vm/${name}`, "utf8").replace(
          "/usr/bin/node",
          process.execPath,
        );
        const verify = (): string => {
          const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", join(folder, name)], {
            encoding: "utf8",
          });
          return `${status} ${stdout}${stderr}`.trim();
        };
        writeFileSync(join(folder, name), unit);
        expect(verify()).toBe("0");
        mkdirSync(join(folder, `${name}.d`));
        writeFileSync(join(folder, `${name}.d/override.conf`), documented("reload.conf"));
        expect(verify()).toBe("0");
        writeFileSync(join(folder, name), unit.replace("LoadCredential=", "LoadCredentials="));
        expect(verify()).toContain("Unknown key");
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  it("starts the program with flags that it has, at the address that main.cf asks", () => {
    const unit = readFileSync(`${ROOT}examples/postfix-vm/o365-sync-gateway.service`, "utf8").replaceAll("\\\n", "");
    const [, flags = ""] = /^ExecStart=\/usr\/bin\/node .*operator\.cjs gateway (.*)$/m.exec(unit) ?? [];
    const parsed = parseGateway(flags.trim().split(/\s+/));
    expect(parsed).toMatchObject({
      directory: "/var/lib/o365-sync",
      socketmaps: [{ host: "127.0.0.1", port: 10_460 }],
    });
    const main = settingsOf(readFileSync(`${ROOT}examples/postfix-vm/main.cf`, "utf8"));
    expect(main).toMatchObject({ ...settingsOf(documented("main.cf")), ...settingsOf(documented("socketmap.cf")) });
  });
});
