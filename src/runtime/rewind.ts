/** That an API server's versions went back, as after a restore of etcd: whoever notices tells all who keep what it said before. */
import type { Logger } from "./types.ts";

export interface Rewind {
  /** How often it happened. */
  readonly times: number;
  /** What an API server said before counts no more. */
  tell(): void;
  /** Handlers run synchronously, in their order. */
  onTold(handler: () => void): void;
}

export function createRewind(log: Logger): Rewind {
  const handlers: (() => void)[] = [];
  let times = 0;
  return {
    get times() {
      return times;
    },
    tell() {
      times += 1;
      log.warn({}, "Listing anew: the API server's versions went back, as after a restore of etcd");
      for (const handler of handlers) handler();
    },
    onTold: (handler) => void handlers.push(handler),
  };
}

/** Versions are numbers that grow; where a server has others, nothing can be told. */
export function isOlderVersion(version: string | undefined, than: string | undefined): boolean {
  const isNumber = (text: string | undefined): text is string => text !== undefined && /^\d{1,20}$/.test(text);
  return isNumber(version) && isNumber(than) && BigInt(version) < BigInt(than);
}
