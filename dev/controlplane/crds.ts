/** Installs the CRDs of crds/ on a control plane. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import type { ControlPlaneAccess } from "../types.ts";
import { type Answer, call } from "./call.ts";

const FOLDER = new URL("../../crds/", import.meta.url);
const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const SERVED_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

interface Crd {
  metadata: { name: string };
  spec: { group: string; names: { plural: string }; versions: { name: string }[] };
}

/** Applies them (again is fine) and resolves when every kind is served. Rejects with the server's message when one is refused. */
export async function applyCrds(access: ControlPlaneAccess): Promise<void> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith(".yaml"));
  await Promise.all(files.map(async (file) => applyCrd(access, file)));
}

async function applyCrd(access: ControlPlaneAccess, file: string): Promise<void> {
  const yaml = await readFile(new URL(file, FOLDER), "utf8");
  const { metadata, spec } = parse(yaml) as Crd;
  const answer = await call(access, {
    method: "PATCH",
    path: `${CRDS}/${metadata.name}?fieldManager=controlplane&force=true`,
    body: yaml,
    contentType: "application/apply-patch+yaml",
  });
  if (answer.status >= 300) throw new Error(`crds/${file} was refused: ${messageOf(answer)}`);
  const versions = spec.versions.map(({ name }) => `/apis/${spec.group}/${name}/${spec.names.plural}?limit=1`);
  await Promise.all(versions.map((path) => untilServed(access, path)));
}

async function untilServed(access: ControlPlaneAccess, path: string): Promise<void> {
  const deadline = Date.now() + SERVED_TIMEOUT_MS;
  for (;;) {
    const answer = await call(access, { method: "GET", path });
    if (answer.status === 200) return;
    if (Date.now() > deadline) throw new Error(`${path} is not served after 30 s: ${messageOf(answer)}`);
    await sleep(POLL_MS);
  }
}

function messageOf({ status, body }: Answer): string {
  const message = (body as { message?: string } | null)?.message;
  return message ?? `HTTP ${status}`;
}
