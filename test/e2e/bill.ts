/** What took how long, for docs/reliability.md and for whoever waits. */
const rows: string[] = [];
const begin = performance.now();

export function bill(what: string, seconds: number): void {
  rows.push(`${seconds.toFixed(1).padStart(6)} s  ${what}`);
}

/** Runs it and puts its time on the bill. */
export async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const answer = await work();
  bill(what, (performance.now() - start) / 1000);
  return answer;
}

export function billText(): string {
  return [...rows, `${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  in all`].join("\n");
}
