/** Wires the gateway's parts: what is followed, what is kept on disk, and what answers. */
import type { Deps } from "../base/deps.ts";
import { type Answer, serve } from "../observe/server.ts";
import type { Client, Logger } from "../runtime/types.ts";
import type { Catalog } from "./catalog.ts";
import { openDisk } from "./disk.ts";
import type { GatewayConfig } from "./flags.ts";
import { createFollower } from "./follower.ts";
import { openGenerations } from "./generations.ts";
import { createHook } from "./hook.ts";
import { serveLists } from "./http-lists.ts";
import { createKeeper } from "./keeper.ts";
import { createGatewayMetrics, type GatewayMetrics } from "./metrics.ts";
import { createSaver } from "./saver.ts";
import { type SocketmapServer, serveSocketmap } from "./socketmap.ts";

export interface GatewayParts {
  readonly config: GatewayConfig;
  readonly namespace: string;
  /** `onAnswer` is told whenever the API server has answered. */
  readonly connect: (onAnswer: () => void) => Client;
  readonly deps: Deps;
  readonly log: Logger;
  readonly version: string;
  /** Of the command of --on-change. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Gateway {
  readonly catalog: Catalog;
  /** Of the inet socketmaps, in their order. */
  readonly socketmapPorts: readonly number[];
  readonly listsPort: number | undefined;
  readonly metricsPort: number | undefined;
  readonly healthPort: number | undefined;
  /** Resolves when everything has ended after the signal; rejects when a part fails for good. */
  readonly ended: Promise<void>;
}

/** Resolves when it answers, from the last good list at once; the API server may be away. Rejects when an address is taken. */
export async function startGateway(parts: GatewayParts, signal: AbortSignal): Promise<Gateway> {
  const { config, deps, log, namespace } = parts;
  const { clock } = deps;
  const disk = await openDisk(config.directory);
  const generations = await openGenerations(config.directory);
  const socketmaps: SocketmapServer[] = [];
  let lastContact: number | undefined;
  const metrics = createGatewayMetrics({
    version: parts.version,
    lists: () => keeper.catalog.lists,
    connections: () => socketmaps.reduce((sum, { connections }) => sum + connections, 0),
  });
  const client = parts.connect(() => {
    lastContact = clock.now();
    metrics.contact(lastContact);
  });
  const hook =
    config.onChange === undefined
      ? undefined
      : createHook({ command: config.onChange, env: parts.env, clock, log, onExit: metrics.hook });
  const keeper = createKeeper({
    disk,
    log,
    delimiters: config.recipientDelimiter,
    syncs: config.syncs,
    onSwap: () => saver.save(),
  });
  const saver = createSaver({
    keeper,
    disk,
    generations,
    clock,
    log,
    onSwapped: metrics.swapped,
    onFailed: metrics.writeFailed,
    onChange: () => hook?.trigger(),
  });
  await keeper.load(signal);
  const follower = createFollower({
    client,
    deps,
    namespace,
    keeper,
    disk,
    log,
    syncs: config.syncs,
    onLook: metrics.looked,
    onWentBack: metrics.wentBack,
  });
  const catalog = (): Catalog => keeper.catalog;
  const status = (): Answer => describe(catalog(), lastContact, clock.now());
  const served = await openServers(config, { clock, catalog, status, metrics, path: generations.path }, socketmaps);
  const stop = async (): Promise<void> => {
    await served.close();
    await hook?.stop();
  };
  const running = Promise.all([follower.run(signal), saver.run(signal)]);
  return {
    get catalog() {
      return catalog();
    },
    ...served.ports,
    ended: running.then(stop, async (error: unknown) => {
      await stop();
      throw error;
    }),
  };
}

interface Served {
  readonly clock: Deps["clock"];
  readonly catalog: () => Catalog;
  readonly status: () => Answer;
  readonly metrics: GatewayMetrics;
  /** Of the link to the tables. */
  readonly path: string;
}

/** All that the flags ask for, or none: what is open is closed again when an address is taken. */
async function openServers(config: GatewayConfig, served: Served, socketmaps: SocketmapServer[]) {
  const { clock, catalog, status, metrics, path } = served;
  const servers: { close(): Promise<void> }[] = [];
  const use = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
    const server = await opening;
    servers.push(server);
    return server;
  };
  const close = async (): Promise<void> => void (await Promise.all(servers.map((server) => server.close())));
  const { listsBindAddress, metricsBindAddress, healthProbeBindAddress } = config;
  const alive = (): Answer => ({ status: 200, body: "ok\n" });
  try {
    for (const address of config.socketmaps)
      socketmaps.push(await use(serveSocketmap({ address, clock, catalog, onLookup: metrics.lookup })));
    const lists = listsBindAddress && (await use(serveLists({ ...listsBindAddress, path })));
    const scrapes =
      metricsBindAddress && (await use(serve({ ...metricsBindAddress, routes: { "/metrics": metrics.scrape } })));
    const routes = { "/healthz": alive, "/readyz": status };
    const health = healthProbeBindAddress && (await use(serve({ ...healthProbeBindAddress, routes })));
    const ports = {
      socketmapPorts: socketmaps.flatMap(({ port }) => port ?? []),
      listsPort: lists?.port,
      metricsPort: scrapes?.port,
      healthPort: health?.port,
    };
    return { ports, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Ready is who has a list, however old it is: a mail server must not lose it because the API server is away. */
function describe({ lists }: Catalog, lastContact: number | undefined, now: number): Answer {
  const seconds = (since: number): string => `${Math.round((now - since) / 1000)} s ago`;
  const contact = lastContact === undefined ? "not since the start" : seconds(lastContact);
  const lines = lists.map(
    ({ sync, addresses, time }) => `${sync}: ${addresses} addresses, published ${time} (${seconds(Date.parse(time))})`,
  );
  if (lines.length === 0) lines.push("no list has been received yet");
  return {
    status: lists.length === 0 ? 503 : 200,
    body: `${lines.join("\n")}\nAPI server answered last: ${contact}\n`,
  };
}
