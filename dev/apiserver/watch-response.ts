/** Writes a watch to its connection, until it ends or what was ordered breaks it. */
import type { ServerResponse } from "node:http";
import type { Connections } from "./connections.ts";
import type { Context } from "./context.ts";
import type { Fault } from "./faults.ts";
import { expired } from "./status.ts";
import { errorLine, prepareWatch, type WatchRequest } from "./watch.ts";

/** Throws a 400 as long as nothing is written. */
export function serveWatch(
  context: Context,
  watch: WatchRequest,
  { fault, connections }: { readonly fault: Fault | undefined; readonly connections: Connections },
  response: ServerResponse,
): void {
  const start = prepareWatch(context, watch);
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
  response.flushHeaders();
  const isBreaking = fault !== undefined && BREAKING.includes(fault.effect.do);
  let left = isBreaking ? (fault.afterEvents ?? 0) : Number.POSITIVE_INFINITY;
  const stop = start({
    send(line) {
      if (left > 0) response.write(`${line}\n`);
      left -= 1;
      if (left === 0) breakConnection();
    },
    end: () => void (left > 0 && response.end()),
  });
  // Whoever closes the connection wants no more events.
  response.on("close", stop);
  if (left === 0) breakConnection();

  function breakConnection(): void {
    if (fault?.effect.do === "half-open") return;
    if (fault?.effect.do === "expire") response.end(`${errorLine(expired("too old resource version: 1 (2)"))}\n`);
    else connections.reset(response.socket);
  }
}

const BREAKING: readonly string[] = ["reset", "half-open", "expire", "drop"];
