/** The string formats that schemas use. Pure. */
const DATE_TIME = /^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const CHECKS: Readonly<Record<string, (value: string) => boolean>> = {
  "date-time": (value) => DATE_TIME.test(value),
  byte: (value) => value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value),
};

export const STRING_FORMATS: readonly string[] = Object.keys(CHECKS);

export function hasFormat(value: string, format: string): boolean {
  return CHECKS[format]?.(value) ?? true;
}
