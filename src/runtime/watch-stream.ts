/** The body of a watch: one JSON event a line, without end. */
import type { IncomingMessage } from "node:http";
import type { KubeObject } from "./kube.ts";
import { ApiError, type WatchEvent } from "./types.ts";

/** Yields each event as its line is complete; `onData` is told of every piece that arrives. Throws when the body ends within a line. */
export async function* readEvents<T extends KubeObject>(
  response: IncomingMessage,
  onData: () => void,
): AsyncGenerator<WatchEvent<T>> {
  // With an encoding set, a character whose bytes arrive in two pieces is put together.
  response.setEncoding("utf8");
  let rest = "";
  for await (const chunk of response) {
    onData();
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield parseEvent<T>(line);
  }
  if (rest.trim() !== "") throw broken();
}

function parseEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  try {
    return JSON.parse(line) as WatchEvent<T>;
  } catch {
    throw broken();
  }
}

function broken(): ApiError {
  return new ApiError("watch: the server sent a broken event", 0, "BrokenEvent");
}
