/** What bench/results.json says of more and more O365Syncs: what publishing all of them computes, and memory afterwards. */
import type { Growth, Results } from "../../bench/results.ts";
import { svg, words } from "./svg.ts";

interface Panel {
  readonly title: string;
  readonly of: (row: Growth) => number;
  readonly marks: readonly number[];
}

const [WIDTH, HEIGHT, TOP] = [300, 160, 70];
const OBJECTS = [0, 500, 1_000, 1_500, 2_000];
const across = (objects: number): number => Math.round((objects / Math.max(...OBJECTS)) * WIDTH);

function panel(rows: readonly Growth[], left: number, { title, of, marks }: Panel): string[] {
  const most = Math.max(...marks);
  const up = (value: number): number => Math.round(TOP + HEIGHT - (value / most) * HEIGHT);
  const points = rows.map((row) => [left + across(row.objects), up(of(row)), of(row)] as const);
  return [
    words(left, TOP - 16, title, "strong"),
    ...marks.flatMap((mark) => [
      `<path class="grid" d="M${left} ${up(mark)}h${WIDTH}"/>`,
      words(left - 8, up(mark) + 4, String(mark), "soft", "end"),
    ]),
    ...OBJECTS.map((objects) => words(left + across(objects), TOP + HEIGHT + 20, String(objects), "soft", "middle")),
    `<path class="a curve" d="M${points.map(([x, y]) => `${x} ${y}`).join("L")}"/>`,
    ...points.flatMap(([x, y, value]) => [
      `<circle class="a" cx="${x}" cy="${y}" r="3"/>`,
      words(x - 6, y - 8, String(value), "soft", "end"),
    ]),
  ];
}

export function growthPicture({ growth }: Results): string {
  const rows = growth.filter(({ name }) => name === "objects");
  const parts = [
    words(20, 28, "An operator by the number of O365Syncs, of 50 tenants", "strong"),
    ...panel(rows, 60, {
      title: "CPU seconds until all are published",
      of: ({ cpuSeconds }) => Math.round(cpuSeconds[0] ?? 0),
      marks: [0, 25, 50, 75, 100],
    }),
    ...panel(rows, 440, {
      title: "memory when nothing is due, MiB",
      of: ({ residentMiB }) => Math.round(residentMiB[0] ?? 0),
      marks: [0, 50, 100, 150, 200],
    }),
  ];
  const title = "CPU seconds and memory of an operator for 500 to 2,000 O365Syncs, from bench/results.json";
  return svg({ width: 780, height: 276, title, parts });
}
