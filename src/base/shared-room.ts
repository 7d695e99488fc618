/** Room in memory that the whole process shares: who needs more than a little waits until there is some. */

/** What one user of the room holds of it. */
export interface Share {
  /** Resolves, at once where there is room, when so many bytes more are its own. Rejects with the signal's reason. */
  grow(bytes: number, signal: AbortSignal): Promise<void>;
  /** Gives back all of it; it can grow again. */
  release(): void;
  /** Gives back all of it for good. */
  close(): void;
}

export interface SharedRoom {
  share(): Share;
  /** Bytes that are held beyond what is free for everybody. */
  readonly held: number;
}

export interface SharedRoomOptions {
  /** Of all shares together. The share that has held some for the longest may exceed it, so that never all wait for each other. */
  readonly bytes: number;
  /** Of each share, not counted: what is usual never waits. */
  readonly freeBytes: number;
}

interface Holder {
  /** Counted or not. */
  used: number;
  counted: number;
  isClosed: boolean;
}

interface Waiter {
  readonly holder: Holder;
  readonly bytes: number;
  go(): void;
}

export function createSharedRoom({ bytes: total, freeBytes }: SharedRoomOptions): SharedRoom {
  let held = 0;
  /** Those that hold some, longest first. */
  const holders = new Set<Holder>();
  const waiters = new Set<Waiter>();

  function mayTake(holder: Holder, bytes: number): boolean {
    const [longest = holder] = holders;
    return held + bytes <= total || longest === holder;
  }
  function take(holder: Holder, bytes: number): void {
    held += bytes;
    holder.counted += bytes;
    holders.add(holder);
  }
  function giveBack(holder: Holder): void {
    held -= holder.counted;
    [holder.used, holder.counted] = [0, 0];
    holders.delete(holder);
    for (const waiter of waiters) {
      if (!mayTake(waiter.holder, waiter.bytes)) continue;
      take(waiter.holder, waiter.bytes);
      waiters.delete(waiter);
      waiter.go();
    }
  }

  function wait(holder: Holder, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiters.delete(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        holder,
        bytes,
        go() {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      waiters.add(waiter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  return {
    get held() {
      return held;
    },
    share() {
      const holder: Holder = { used: 0, counted: 0, isClosed: false };
      return {
        async grow(bytes, signal) {
          signal.throwIfAborted();
          if (holder.isClosed) throw new Error("a share grew after its end");
          const before = Math.max(0, holder.used - freeBytes);
          holder.used += bytes;
          const more = Math.max(0, holder.used - freeBytes) - before;
          if (more === 0) return;
          if (mayTake(holder, more)) take(holder, more);
          else await wait(holder, more, signal);
        },
        release: () => giveBack(holder),
        close() {
          holder.isClosed = true;
          giveBack(holder);
        },
      };
    },
  };
}
