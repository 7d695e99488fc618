/** A part of the bench that runs in a process of its own, so that it costs the operator nothing. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Child<Hello> {
  readonly child: ChildProcess;
  /** The first thing that it said. */
  readonly hello: Hello;
}

/** It must end when its channel is closed. */
export async function startChild<Hello>(file: string, args: readonly string[] = []): Promise<Child<Hello>> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, args, { execArgv: ["--import", "tsx", "--max-old-space-size=8192"] });
  const hello = await new Promise<Hello>((resolve, reject) => {
    child.once("message", (message) => resolve(message as Hello));
    child.once("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
  });
  return { child, hello };
}
