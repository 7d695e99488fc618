/** A Graph client for the scripted server, with a token that never changes. */
import { createGraph, type Graph, type GraphOptions } from "../../../../src/directory/graph/graph.ts";
import type { TestDeps } from "./deps.ts";
import { type ScriptedServer, trustingHttp } from "./server.ts";

const TOKEN = { value: "token", expiresAt: Number.POSITIVE_INFINITY, roles: [] };

export function graphFor(server: ScriptedServer, deps: TestDeps, options: Pick<GraphOptions, "bodies"> = {}): Graph {
  const tokens = { get: async () => TOKEN, renew: async () => TOKEN };
  return createGraph({ origin: server.origin, http: trustingHttp(), tokens, deps, ...options });
}
