/** Holds the conversations with one API server and keeps what it answered. */
import { randomUUID } from "node:crypto";
import type { ControlPlaneAccess } from "../../../dev/types.ts";
import type { Case } from "./cases/requests.ts";
import { mask, maskText } from "./mask.ts";
import { type Answer, type Request, send } from "./send.ts";

export type Recording = Readonly<Record<string, readonly Exchange[]>>;

export interface Exchange {
  readonly request: string;
  readonly status: number;
  readonly type: string;
  readonly warning?: string;
  readonly body: unknown;
}

/** Masked. Cases run a few at a time, each in a namespace of its own; none waits for another. */
export async function record(access: ControlPlaneAccess, cases: readonly Case[]): Promise<Recording> {
  const recorded: [string, Exchange[]][] = [];
  const left = cases.entries();
  const worker = async (): Promise<void> => {
    for (const [index, one] of left) recorded[index] = [one.name, await hold(access, one)];
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return Object.fromEntries(recorded);
}

async function hold(access: ControlPlaneAccess, one: Case): Promise<Exchange[]> {
  const namespace = `case-${randomUUID().slice(0, 8)}`;
  await createNamespace(access, namespace);
  const names = { [namespace]: "<namespace>" };
  const answers: Answer[] = [];
  const exchanges: Exchange[] = [];
  for (const step of one.steps(namespace)) {
    const request = typeof step === "function" ? step(answers) : step;
    const answer = await send(access, request);
    answers.push(answer);
    const { status, type, warning, body } = answer;
    const masked = { status, type, ...(warning && { warning }), body: mask(body, names) };
    exchanges.push({ request: describe(request, names), ...masked });
  }
  return exchanges;
}

function describe({ method = "GET", path }: Request, names: Readonly<Record<string, string>>): string {
  const plain = path
    .replace(/continue=[^&]{9,}/, "continue=<token>")
    .replace(/resourceVersion=\d{2,}/, "resourceVersion=<version>");
  return `${method} ${maskText(plain, names)}`;
}

async function createNamespace(access: ControlPlaneAccess, name: string): Promise<void> {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  const { status } = await send(access, { method: "POST", path: "/api/v1/namespaces", body });
  if (status !== 201) throw new Error(`namespace ${name}: HTTP ${status}`);
}
