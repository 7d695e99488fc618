/** Stands between an operator and the API server, and writes down what was asked for and what was refused. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import type { ControlPlaneAccess } from "../../../dev/types.ts";

/** `verb group/resource`, as RBAC names them; the core group is empty: `get /secrets`. */
export type Right = string;

export interface Recorder {
  readonly server: string;
  /** What was asked for and not refused. */
  readonly granted: ReadonlySet<Right>;
  /** Messages of the API server, with their HTTP status 403. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

const VERBS: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };

export async function startRecorder({ server, ca }: ControlPlaneAccess): Promise<Recorder> {
  const granted = new Set<Right>();
  const refused: string[] = [];

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = "GET", url = "/", headers } = incoming;
    const onward = request(
      new URL(url, server),
      { method, headers: { ...headers, host: new URL(server).host }, ...(ca === undefined ? {} : { ca }) },
      (answer) => {
        const { statusCode = 502 } = answer;
        if (statusCode === 403) collect(answer, (text) => refused.push(messageOf(text)));
        else granted.add(rightOf(method, new URL(url, server)));
        outgoing.writeHead(statusCode, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  }

  const listener = createServer(forward).listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    server: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    granted,
    refused,
    async close() {
      const closed = once(listener, "close");
      listener.close();
      listener.closeAllConnections();
      await closed;
    },
  };
}

/** What RBAC calls a request. */
function rightOf(method: string, { pathname, searchParams }: URL): Right {
  const [root, ...segments] = pathname.split("/").filter((part) => part !== "");
  const group = root === "apis" ? (segments[0] ?? "") : "";
  const rest = segments.slice(root === "apis" ? 2 : 1);
  const [resource = "", name, subresource] = rest[0] === "namespaces" && rest.length > 2 ? rest.slice(2) : rest;
  const read = name !== undefined ? "get" : searchParams.has("watch") ? "watch" : "list";
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${VERBS[method] ?? read} ${group}/${full}`;
}

function collect(answer: IncomingMessage, done: (text: string) => void): void {
  const chunks: Buffer[] = [];
  answer.on("data", (chunk: Buffer) => chunks.push(chunk));
  answer.on("end", () => done(Buffer.concat(chunks).toString("utf8")));
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
