/** A TCP proxy before an API server that a test can make hold everything, and deliver it late. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface HoldingProxy {
  readonly port: number;
  /** From now on nothing gets through in either direction, and nobody is told. */
  hold(): void;
  /** Delivers what the client had sent, also where it has given up since; answers how many bytes that were. */
  deliver(): number;
  close(): Promise<void>;
}

export async function createHoldingProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<HoldingProxy> {
  let isHolding = false;
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket; readonly held: Buffer[] }>();
  const listener = createServer((client) => {
    const server = connect(target);
    const pair = { client, server, held: [] as Buffer[] };
    pairs.add(pair);
    client.on("data", (data) => (isHolding ? void pair.held.push(data) : void server.write(data)));
    server.on("data", (data) => void (isHolding || client.write(data)));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on("error", () => {});
      from.on("close", () => void (isHolding || to.destroy()));
    }
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    hold() {
      isHolding = true;
    },
    deliver() {
      let bytes = 0;
      for (const { server, held } of pairs) {
        for (const data of held.splice(0)) {
          bytes += data.length;
          server.write(data);
        }
      }
      return bytes;
    },
    async close() {
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
      listener.close();
      await once(listener, "close");
    },
  };
}
