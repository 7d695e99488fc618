/** A list of whole numbers that grows, four bytes each. */

export interface Numbers {
  readonly length: number;
  push(value: number): void;
  get(index: number): number;
  set(index: number, value: number): void;
}

/** Values from 0 to 2^32 - 1. */
export function createNumbers(): Numbers {
  let values = new Uint32Array(256);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value) {
      if (length === values.length) {
        // By a half: twice would leave a large list half empty.
        const larger = new Uint32Array(length + (length >>> 1));
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    get: (index) => values[index] ?? 0,
    set(index, value) {
      values[index] = value;
    },
  };
}
