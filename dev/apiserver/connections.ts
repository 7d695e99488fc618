/** Resets connections: a TLS socket cannot, the TCP socket below it can. */
import type { Server } from "node:https";
import type { Socket } from "node:net";

export interface Connections {
  /** Sends a reset instead of an end; what was written before goes out first. */
  reset(socket: Socket | null): void;
}

export function trackConnections(server: Server): Connections {
  const sockets = new Map<string, Socket>();
  server.on("connection", (duplex) => {
    const socket = duplex as Socket;
    const peer = peerOf(socket);
    sockets.set(peer, socket);
    socket.once("close", () => sockets.delete(peer));
  });
  return {
    reset(socket) {
      if (!socket) return;
      const below = sockets.get(peerOf(socket));
      setImmediate(() => below?.resetAndDestroy());
    },
  };
}

/** Of a connection to one server it is the only one with this address. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
