/** A logger that remembers, for tests. */
import type { Logger } from "../../../../src/runtime/types.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly meta: Record<string, unknown>;
}

export function createMemoryLog(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const bind = (bindings: object): Logger => {
    const at = (level: LogLine["level"]) => (meta: object, message: string) =>
      void lines.push({ level, message, meta: { ...bindings, ...meta } });
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (more) => bind({ ...bindings, ...more }),
    };
  };
  return { ...bind({}), lines };
}
