/** One request as any client could send it, and the whole answer. */
import http from "node:http";
import https from "node:https";
import type { ControlPlaneAccess } from "../../../dev/types.ts";

export interface Request {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  /** Sent as it is when it is text, else as JSON. */
  readonly body?: unknown;
  /** Default `application/json` where there is a body. */
  readonly contentType?: string;
  readonly accept?: string;
  /** Of a watch: how many events to wait for before the connection is closed. */
  readonly events?: number;
  /** Default: the administrator's; empty: none. */
  readonly token?: string;
  /** Default: a connection of its own, because a server that refuses a body need not read it to its end. */
  readonly agent?: https.Agent;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly warning?: string;
  /** Parsed JSON; of a watch, a list of events; else text. */
  readonly body: unknown;
}

const TIMEOUT_MS = 10_000;
const USER_AGENT = "conformance/1";

export function send(
  access: Pick<ControlPlaneAccess, "server" | "ca" | "adminToken">,
  request: Request,
): Promise<Answer> {
  const {
    method = "GET",
    path,
    body,
    contentType = "application/json",
    accept,
    events,
    token = access.adminToken,
    agent = false,
  } = request;
  const url = new URL(access.server);
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const headers = {
    "user-agent": USER_AGENT,
    ...(token && { authorization: `Bearer ${token}` }),
    ...(accept && { accept }),
    ...(text !== undefined && { "content-type": contentType, "content-length": Buffer.byteLength(text) }),
  };
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers,
      agent,
      ...(access.ca && { ca: access.ca }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    const outgoing = (url.protocol === "https:" ? https : http).request(url, { ...options, path }, (response) => {
      let received = "";
      const done = (): void => resolve(answerOf(response, received, events !== undefined));
      response.setEncoding("utf8").on("data", (chunk: string) => {
        received += chunk;
        if (events === undefined || received.split("\n").length - 1 < events) return;
        response.off("error", reject).destroy();
        done();
      });
      response.on("error", reject);
      response.on("end", done);
    });
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}

function answerOf(response: http.IncomingMessage, text: string, isWatch: boolean): Answer {
  const type = response.headers["content-type"] ?? "";
  const { warning } = response.headers;
  const isJson = type.startsWith("application/json");
  const lines = (): unknown[] => text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as unknown]));
  const body = isJson ? (isWatch ? lines() : JSON.parse(text)) : text;
  return { status: response.statusCode ?? 0, type, ...(warning && { warning }), body };
}
