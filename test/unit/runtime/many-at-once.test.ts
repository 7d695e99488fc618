/** Lists as large as an API server answers them: looked through in slices, so that nobody else waits. */
import { afterEach, expect, it } from "vitest";
import { BY_CLAIMED_NAME, BY_ROUTED_NAME, rivalsOf } from "../../../src/api/indexers.ts";
import { MAIL_DOMAIN } from "../../../src/api/resources.ts";
import type { MailDomain } from "../../../src/api/types.generated.ts";
import { createClient } from "../../../src/runtime/client.ts";
import { CONFIG_MAP } from "../../../src/runtime/kube.ts";
import { createReflector } from "../../../src/runtime/reflector.ts";
import type { Client } from "../../../src/runtime/types.ts";
import { watched } from "../../support/slices.ts";
import { createMemoryLog } from "./support/logger.ts";
import { type ScriptedServer, startScriptedServer } from "./support/scripted-server.ts";
import { createFastDeps, until } from "./support/wait.ts";

/** Of the thread's own time. All at once took 160 ms for the page, and a second for the MailDomains. */
const LONGEST_MS = 50;
let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
});

it("A page of 16 MiB", async () => {
  const patterns = Array.from({ length: 500 }, (_, index) => `a${index}*`);
  const item = JSON.stringify({ metadata: { name: "a" }, spec: { excludeRecords: patterns } });
  const count = Math.floor((16 * 1024 * 1024) / (item.length + 1)) - 1;
  const items = Array.from({ length: count }, () => item).join();
  const pieces = `{"metadata":{"resourceVersion":"1"},"items":[${items}]}`.match(/.{1,65536}/gs) ?? [];
  server = await startScriptedServer([
    (_, response) => {
      // Of this test's process too: piece by piece.
      const send = (at: number): void => {
        const piece = pieces[at];
        if (piece === undefined) response.end();
        else response.write(piece, () => send(at + 1));
      };
      send(0);
    },
  ]);
  const client = createClient(server.access, createFastDeps(1));
  const { result, longestMs } = await watched(() => client.list(CONFIG_MAP, {}));
  expect(result.items).toHaveLength(count);
  expect(longestMs).toBeLessThan(LONGEST_MS);
});

it("MailDomains that all change at once, each with 256 names that all the others claim and route too", async () => {
  const COUNT = 80;
  const names = Array.from({ length: 256 }, (_, index) => `n${index}.example.com`);
  const domains = (version: string): MailDomain[] =>
    Array.from({ length: COUNT }, (_, index) => ({
      metadata: { namespace: "mail", name: `d${index}`, uid: `u${index}`, resourceVersion: version },
      spec: { domain: `d${index}.example.com`, aliasDomains: names.map((name) => ({ name, recipients: "Mirror" })) },
      status: { routing: { configMap: "x", revision: "", names } },
    })) as MailDomain[];
  const lists = [domains("1"), domains("2")];
  let rounds = 0;
  const client = {
    list: () => Promise.resolve({ metadata: { resourceVersion: String(++rounds) }, items: lists[rounds - 1] ?? [] }),
    async *watch(_: unknown, { signal }: { signal?: AbortSignal }) {
      // Begins anew after the first list; then nothing happens until the test is over.
      if (rounds === 1) yield { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } };
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
    },
  } as unknown as Client;
  const deps = createFastDeps(30);
  const reflector = createReflector({ client, type: MAIL_DOMAIN, deps, log: createMemoryLog() });
  let rivals = 0;
  let changes = 0;
  reflector.onChange((change) => {
    changes++;
    rivals = rivalsOf(change.kind === "deleted" ? change.old : change.object, reflector.store).length;
  });
  for (const indexer of [BY_CLAIMED_NAME, BY_ROUTED_NAME]) reflector.store.by(indexer, "");
  const stop = new AbortController();
  const running = reflector.run(stop.signal);
  const { longestMs } = await watched(() => until("all were told twice", () => changes === 2 * COUNT, 20_000));
  stop.abort(new Error("test over"));
  await running;
  expect(rivals).toBe(COUNT - 1);
  expect(longestMs).toBeLessThan(LONGEST_MS);
});
