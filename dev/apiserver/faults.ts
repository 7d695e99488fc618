/** Trouble on order: what goes wrong with which request. */

export type Effect =
  /** Answers later than it would. */
  | { readonly do: "delay"; readonly ms: number }
  /** Acts, and closes the connection instead of answering. */
  | { readonly do: "drop" }
  /** Resets the connection; a request is then not acted upon. */
  | { readonly do: "reset" }
  /** Keeps the connection and says nothing more, ever. */
  | { readonly do: "half-open" }
  | { readonly do: "throttle"; readonly retryAfterSeconds: number }
  | { readonly do: "error" }
  /** Refuses with this answer, as admission or authorization would. */
  | { readonly do: "refuse"; readonly status: number; readonly reason: string; readonly message: string }
  /** As if somebody else had written meanwhile. */
  | { readonly do: "conflict" }
  /** As if the resource version or continue token were too old. */
  | { readonly do: "expire" };

export interface Fault {
  /** Such as `PATCH`; absent: any. */
  readonly method?: string;
  /** Tested against the path with its query; absent: any. */
  readonly path?: RegExp;
  /** Tested against the caller's User-Agent; absent: any. */
  readonly agent?: RegExp;
  /** The first request that it hits, of those that match; default 1. */
  readonly at?: number;
  /** How many in a row; default 1. */
  readonly times?: number;
  /** Of a watch: how many events it gets before; default 0. */
  readonly afterEvents?: number;
  /** As long as this holds; default always. */
  readonly while?: () => boolean;
  readonly effect: Effect;
}

export interface Faults {
  /** Orders one; returns how many requests it has hit so far. */
  add(fault: Fault): () => number;
  clear(): void;
}

export interface FaultTable extends Faults {
  /** What goes wrong with this request; counts it. The fault that was ordered first wins. */
  take(method: string, path: string, agent?: string): Fault | undefined;
}

export function createFaults(): FaultTable {
  let orders: { fault: Fault; seen: number; hits: number }[] = [];
  return {
    add(fault) {
      const order = { fault, seen: 0, hits: 0 };
      orders.push(order);
      return () => order.hits;
    },
    clear() {
      orders = [];
    },
    take(method, path, agent = "") {
      const matching = orders.filter(
        ({ fault }) =>
          (fault.while?.() ?? true) &&
          (fault.method ?? method) === method &&
          (fault.path?.test(path) ?? true) &&
          (fault.agent?.test(agent) ?? true),
      );
      for (const order of matching) order.seen += 1;
      const due = matching.find(({ fault: { at = 1, times = 1 }, seen }) => seen >= at && seen < at + times);
      if (due) due.hits += 1;
      return due?.fault;
    },
  };
}
