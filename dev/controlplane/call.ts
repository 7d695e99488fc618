/** One JSON call to an API server, for setting up a control plane and for tests. */
import http from "node:http";
import https from "node:https";
import type { ControlPlaneAccess } from "../types.ts";

export interface Answer {
  readonly status: number;
  /** Parsed when it is JSON, else text. */
  readonly body: unknown;
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With the query. */
  readonly path: string;
  /** Sent as it is when it is text, else as JSON. */
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
}

const TIMEOUT_MS = 30_000;

/** Calls as the administrator. Resolves with whatever the server answers; rejects when it does not answer within 30 s. */
export function call(access: Pick<ControlPlaneAccess, "server" | "ca" | "adminToken">, call: Call): Promise<Answer> {
  const { method, path, body, contentType = "application/json", accept = "application/json" } = call;
  const url = new URL(path, access.server);
  const { request } = url.protocol === "https:" ? https : http;
  const headers = { authorization: `Bearer ${access.adminToken}`, accept };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method,
        headers: body === undefined ? headers : { ...headers, "content-type": contentType },
        ...(access.ca === undefined ? {} : { ca: access.ca }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const json = response.headers["content-type"]?.startsWith("application/json") === true;
          resolve({ status: response.statusCode ?? 0, body: json ? JSON.parse(text) : text });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body === undefined || typeof body === "string" ? body : JSON.stringify(body));
  });
}
