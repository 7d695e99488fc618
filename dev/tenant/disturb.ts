/** Carries out the faults that concern the wire: what becomes of a connection, and of a body on its way. */
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Connections } from "../apiserver/connections.ts";
import type { Effect } from "./faults.ts";

export type Send = (status: number, answer: unknown, headers?: Readonly<Record<string, string>>) => void;

/** Whether the fault was the whole answer. */
export async function disturb(
  effect: Effect | undefined,
  response: ServerResponse,
  connections: Connections,
  send: Send,
): Promise<boolean> {
  switch (effect?.kind) {
    case "hang":
      return true;
    case "reset":
      connections.reset(response.socket);
      return true;
    case "delay":
      await delay(effect.ms);
      return false;
    case "status": {
      const error = { code: effect.code ?? "UnknownError", message: "A fault was ordered." };
      send(effect.status, { error }, effect.retryAfter === undefined ? {} : { "Retry-After": effect.retryAfter });
      return true;
    }
    case "answer":
      send(effect.status, typeof effect.body === "function" ? effect.body() : effect.body, effect.headers);
      return true;
    case undefined:
    case "edit":
    case "halve":
    case "lose":
    case "resetWithin":
    case "trickle":
    case "truncate":
      return false;
  }
}

/** Sends a body, or as much of it as the fault lets through. */
export function sendBody(
  effect: Effect | undefined,
  response: ServerResponse,
  connections: Connections,
  body: string | Uint8Array,
): void {
  const half = body.slice(0, body.length / 2);
  if (effect?.kind === "truncate") {
    response.write(half);
    setImmediate(() => response.socket?.destroy());
  } else if (effect?.kind === "resetWithin") response.write(half, () => connections.reset(response.socket));
  else if (effect?.kind === "trickle") trickle(response, body, effect.ms);
  else response.end(effect?.kind === "halve" ? half : body);
}

const PORTION = 64;

function trickle(response: ServerResponse, body: string | Uint8Array, ms: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    response.write(body.slice(sent, sent + PORTION));
    sent += PORTION;
    if (sent < body.length) return;
    clearInterval(timer);
    response.end();
  }, ms);
  response.once("close", () => clearInterval(timer));
}
