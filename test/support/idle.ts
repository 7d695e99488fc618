/** Whether anything is under way in this process: time that passes while a request is would only make it time out. */
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const underWay = new Set<ClientRequest>();
let isListening = false;

/** Watches end when they end; everything else is answered. */
const isWatch = ({ path }: ClientRequest): boolean => /[?&]watch=(?:true|1)\b/.test(path);

function listen(): void {
  if (isListening) return;
  isListening = true;
  subscribe("http.client.request.start", (message) => {
    const { request } = message as { request: ClientRequest };
    if (isWatch(request)) return;
    underWay.add(request);
    request.once("close", () => underWay.delete(request));
  });
}

/** So many looks in a row, with a moment between them, must see nothing. */
const LOOKS = 4;
const MOMENT_MS = 3;
/** What hangs on purpose keeps nobody. */
const PATIENCE_MS = 10_000;

/** Resolves when no request of this process was under way for some moments; tests of one process that use it run one by one. */
export async function untilIdle(): Promise<void> {
  listen();
  const deadline = performance.now() + PATIENCE_MS;
  for (let quiet = 0; quiet < LOOKS && performance.now() < deadline; ) {
    await pause(MOMENT_MS);
    quiet = underWay.size === 0 ? quiet + 1 : 0;
  }
}
