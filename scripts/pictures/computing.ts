/** What bench/results.json says, as a picture: what a sync computes before and after. */
import type { Computing, Results } from "../../bench/results.ts";
import { svg, words } from "./svg.ts";

const SYNCS = ["first", "unchanged", "one alias more"] as const;
const STYLES = ["c", "b", "a"] as const;
const BAR = 18;
const GROUP = 84;

/** Bars of CPU seconds of 100,000 users, by sync and state of the program. */
export function computingPicture({ computing }: Results): string {
  const rows = computing.filter(({ users, latencyMs }) => users === 100_000 && latencyMs === 0);
  const states = [...new Set(rows.map(({ state }) => state))];
  const most = Math.max(...rows.map(({ cpuSeconds }) => cpuSeconds));
  const bar = ({ cpuSeconds, byNaive, runs }: Computing, index: number, top: number): string[] => {
    const width = Math.round((cpuSeconds / most) * 400);
    const y = top + index * (BAR + 4);
    const told = `${cpuSeconds} s, ${byNaive} times the naive client${runs === 1 ? ", one run" : ""}`;
    return [
      `<rect class="${STYLES[index % STYLES.length]}" x="140" y="${y}" width="${width}" height="${BAR}"/>`,
      words(148 + width, y + 14, told, "soft"),
    ];
  };
  const parts = [
    words(20, 28, "What the operator computes for 100,000 users, in CPU seconds", "strong"),
    ...SYNCS.flatMap((sync, place) => {
      const top = 50 + place * GROUP;
      const of = states.flatMap((state) => rows.find((row) => row.sync === sync && row.state === state) ?? []);
      return [words(20, top + 14, sync, "strong"), ...of.flatMap((row) => bar(row, states.indexOf(row.state), top))];
    }),
    ...states.flatMap((state, index) => [
      `<rect class="${STYLES[index % STYLES.length]}" x="${140 + index * 200}" y="306" width="10" height="10"/>`,
      words(156 + index * 200, 316, state, "soft"),
    ]),
  ];
  const title = "CPU seconds of a sync of 100,000 users in each measured state of the program, from bench/results.json";
  return svg({ width: 780, height: 332, title, parts }, STYLE);
}

const STYLE = `
.c{fill:#818b98;stroke:#818b98}`;
