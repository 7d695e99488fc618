/** The figures of docs/performance.md as curves: time and memory of a sync by the size of the tenant. */
import type { Results, Sized } from "../../bench/results.ts";
import { svg, words } from "./svg.ts";

interface Axis {
  readonly title: string;
  readonly of: (row: Sized) => number;
  readonly marks: readonly number[];
}

const [WIDTH, HEIGHT, TOP] = [300, 180, 70];
const SIZES = [1_000, 10_000, 100_000, 500_000];
const across = (users: number): number => (Math.log10(users / 1_000) / Math.log10(500)) * WIDTH;
const SERIES = [
  { sync: "first", style: "b" },
  { sync: "unchanged", style: "a" },
] as const;

function plot(rows: readonly Sized[], left: number, { title, of, marks }: Axis): string[] {
  const most = Math.max(...marks);
  const up = (value: number): number => Math.round(TOP + HEIGHT - (value / most) * HEIGHT);
  return [
    words(left, TOP - 16, title, "strong"),
    ...marks.flatMap((mark) => [
      `<path class="grid" d="M${left} ${up(mark)}h${WIDTH}"/>`,
      words(left - 8, up(mark) + 4, String(mark), "soft", "end"),
    ]),
    ...SIZES.map((users) =>
      words(Math.round(left + across(users)), TOP + HEIGHT + 20, `${users / 1_000}k`, "soft", "middle"),
    ),
    ...SERIES.flatMap(({ sync, style }) => {
      const points = rows
        .filter((row) => row.sync === sync)
        .map((row) => [Math.round(left + across(row.users)), up(of(row))] as const);
      return [
        `<path class="${style} curve" d="M${points.map(([x, y]) => `${x} ${y}`).join("L")}"/>`,
        ...points.map(([x, y]) => `<circle class="${style}" cx="${x}" cy="${y}" r="3"/>`),
      ];
    }),
  ];
}

export function figuresPicture({ sizes }: Results): string {
  const rows = sizes.rows.filter(({ latencyMs, formats }) => latencyMs === 50 && formats.join() === "postfix");
  const parts = [
    words(20, 28, "A sync by the number of users, at 50 ms latency", "strong"),
    ...plot(rows, 60, { title: "seconds", of: ({ seconds }) => seconds, marks: [0, 20, 40, 60, 80] }),
    ...plot(rows, 440, { title: "peak memory, MiB", of: ({ peakMiB }) => peakMiB, marks: [0, 64, 128, 192, 256] }),
    '<circle class="b" cx="66" cy="290" r="4"/>',
    words(78, 294, "the first sync of all", "soft"),
    '<circle class="a" cx="226" cy="290" r="4"/>',
    words(238, 294, "a sync that finds nothing changed", "soft"),
    words(476, 294, "256 MiB is the aim for 500,000 addresses", "soft"),
  ];
  const title = "Seconds and peak memory of a sync for 1,000 to 500,000 users, by bench/results.json";
  return svg({ width: 780, height: 312, title, parts });
}
