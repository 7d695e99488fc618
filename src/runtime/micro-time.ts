/** metav1.MicroTime: the API server refuses a time in a Lease or Event that has not exactly six fractional digits. */

/** `ms` since the epoch as RFC 3339 in UTC with six fractional digits. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
