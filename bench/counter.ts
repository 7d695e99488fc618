/** Counts the instructions that a process executes, where the machine has a counter: that says the same however busy it is. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

export const EVENT = "instructions:u";

/** The count in what `perf stat -x,` says; undefined where it says that there is none. */
export function countIn(text: string): number | undefined {
  const [, digits] = /^(\d+),[^,]*,instructions/m.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The count in what valgrind's cachegrind says. */
export function refsIn(text: string): number | undefined {
  const [, digits] = /I\s+refs:\s+([\d,]+)/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits.replaceAll(",", ""));
}

let known: boolean | undefined;

export function hasCounter(): boolean {
  known ??=
    countIn(spawnSync("perf", ["stat", "-x,", "-e", EVENT, "true"], { encoding: "utf8" }).stderr ?? "") !== undefined;
  return known;
}

/** From now until the answer is called, which tells them; undefined where nothing counts. */
export async function countInstructions(pid: number): Promise<() => Promise<number | undefined>> {
  if (!hasCounter()) return () => Promise.resolve(undefined);
  const perf = spawn("perf", ["stat", "-x,", "-e", EVENT, "--pid", String(pid)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  perf.stderr.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  await once(perf, "spawn");
  return async () => {
    const ended = once(perf, "exit");
    perf.kill("SIGINT");
    await ended;
    return countIn(text);
  };
}
