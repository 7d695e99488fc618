/** Asks a socketmap server one thing over a connection of its own. */
import { connect } from "node:net";
import { createNetstringReader, netstring } from "../../../src/gateway/netstring.ts";

export function askSocketmap(port: number, request: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port });
  const reader = createNetstringReader();
  return new Promise<string>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server hung up")));
    socket.on("data", (bytes) => {
      const [answer] = reader.push(bytes) ?? [];
      if (answer !== undefined) resolve(answer.toString());
    });
    socket.write(netstring(request));
  }).finally(() => socket.destroy());
}
