/** A program: asks a mail gateway for a recipient until the answer has the wanted code, and prints how long that took: HOST ADDRESS CODE SECONDS. */
import { connect } from "node:net";

const [host = "", address = "", wanted = "", seconds = ""] = process.argv.slice(2);
const STEPS = ["EHLO probe.example.net", "MAIL FROM:<probe@example.net>", `RCPT TO:<${address}>`];

/** Last line of the answer to RCPT. */
function ask(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 25, timeout: 5000 });
    const left = [...STEPS];
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const last = text.trimEnd().split("\n").at(-1) ?? "";
      if (!text.endsWith("\n") || !/^\d{3} /.test(last)) return;
      text = "";
      const next = left.shift();
      if (next !== undefined) socket.write(`${next}\r\n`);
      else {
        socket.end("QUIT\r\n");
        resolve(last.trim());
      }
    });
    socket.on("timeout", () => socket.destroy(new Error("no answer in 5 s")));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed")));
  });
}

const start = performance.now();
let last = "";
while (performance.now() - start < Number(seconds) * 1000) {
  last = await ask().catch((error: Error) => error.message);
  if (last.startsWith(wanted)) {
    console.log(JSON.stringify({ seconds: Math.round((performance.now() - start) / 100) / 10, answer: last }));
    process.exit(0);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
}
console.error(`${host} answered no ${wanted} for this recipient within ${seconds} s; the last answer: ${last}`);
process.exit(1);
