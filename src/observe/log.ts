/** The process log: one JSON object a line on standard output. */
import { destination, pino } from "pino";
import { Failure } from "../base/failure.ts";
import { ApiError, type Logger } from "../runtime/types.ts";
import { createStackReader } from "./stack.ts";

/** The program is the bundle, when it is the image that runs. */
const readStack = createStackReader(process.argv[1] ?? "");

/** Lines that wait; beyond that they are lost. */
const MOST_UNWRITTEN_BYTES = 1024 * 1024;

/** Written synchronously, so that the last line of a process that dies is there. Times are RFC 3339, levels words. */
export function createLogger(level: string): Logger {
  const output = destination({ fd: 1, sync: true, maxLength: MOST_UNWRITTEN_BYTES });
  // A full disk below the log is no reason to stop: what could not be written follows when there is room.
  output.on("error", () => {});
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // Causes may carry what a server answered: messages and codes are enough.
      serializers: { err: describeError },
    },
    output,
  );
}

/** Name, message and stack of ours; never a cause or a body. What others refuse or do not answer is no fault of the code: no stack. */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  if (error instanceof ApiError || error instanceof Failure) return { name: error.name, message: error.message };
  const { name, message, stack = "" } = error;
  return { name, message, stack: readStack(stack) };
}
