/** The dashboard as its own queries were answered over a day: each panel at its place, drawn from what a Prometheus said. Pure. */
import { svg, words } from "./svg.ts";

export const DASHBOARD = "charts/o365-sync-operator/files/dashboard.json";

export interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
  readonly fieldConfig?: { readonly defaults?: { readonly unit?: string } };
}

interface Series {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Minutes from the first, and values. */
  readonly points: readonly (readonly [minute: number, value: number])[];
}

export interface Shown {
  readonly title: string;
  /** The queries of the panel that these are the answers to. */
  readonly asked: readonly string[];
  readonly series: readonly Series[];
}

/** What is shown of it: its head, and a row of curves of each part that a reader of lists looks at. */
const ROWS: readonly (readonly string[])[] = [
  ["Objects", "Ready", "Not ready", "Stalled", "Held", "Mails owed"],
  ["State", "Time since the last success", "Time to the next slot"],
  ["Accounts and aliases", "Addresses that gateways accept", "Runs by result"],
  ["Additions between syncs", "Graph requests by code", "Polls by result"],
];

export function dashboardOf(text: string): Panel[] {
  const { panels } = JSON.parse(text) as { panels: Panel[] };
  return ROWS.flat().map((title) => {
    const found = panels.find((panel) => panel.title === title && panel.type !== "row");
    if (found === undefined) throw new Error(`${DASHBOARD} has no panel ${title}`);
    return found;
  });
}

const [WIDTH, PAD, TOP] = [960, 12, 44];
const HEIGHTS = [84, 128, 200, 200];
const COLOURS = ["a", "b", "c", "d", "e"];

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function figure(value: number, unit = "short"): string {
  if (unit === "s") return duration(value);
  if (unit === "reqps") return `${Number(value.toPrecision(2))}/s`;
  return Number(value.toPrecision(3)).toString();
}

const lastOf = ({ points }: Series): number => points.at(-1)?.[1] ?? 0;

function stat({ x, y, width, height }: Place, { series }: Shown): string[] {
  const value = series.length === 0 ? "no data" : figure(lastOf(series[0] as Series));
  return [words(x + width / 2, y + height - 18, value, "big", "middle")];
}

const TABLE = { name: 0, domain: 0.26, reason: 0.52, automatic: 0.74, suspended: 0.87 };

function table({ x, y, width }: Place, { series }: Shown): string[] {
  const columns = Object.entries(TABLE).map(([name, share]) => ({
    name,
    at: Math.round(x + 12 + share * (width - 12)),
  }));
  return [
    ...columns.map(({ name, at }) => words(at, y + 44, name, "tiny")),
    ...series.flatMap(({ labels = {} }, row) =>
      columns.map(({ name, at }) => words(at, y + 66 + row * 20, labels[name] ?? "", "small")),
    ),
  ];
}

function bars({ x, y, width }: Place, { series }: Shown, unit?: string): string[] {
  const most = Math.max(...series.map(lastOf), 1);
  return series.flatMap((each, row) => {
    const top = y + 34 + row * 40;
    const long = Math.max(2, Math.round(((width - 24) * lastOf(each)) / most));
    return [
      words(x + 12, top + 12, each.name, "soft"),
      words(x + width - 12, top + 12, figure(lastOf(each), unit), "small", "end"),
      `<rect class="a" x="${x + 12}" y="${top + 17}" width="${long}" height="6"/>`,
    ];
  });
}

/** Without the points that a straight line passes anyway. */
function bent(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  return points.filter(([, y], index) => {
    const [before, after] = [points[index - 1]?.[1], points[index + 1]?.[1]];
    return before !== y || after !== y;
  });
}

const HOURS = 14;
const FIRST_HOUR = 5;

function curves({ x, y, width, height }: Place, { series }: Shown, unit?: string): string[] {
  const all = series.filter(({ points }) => points.length > 0);
  const moved = all.filter(({ points }) => points.some(([, value]) => value !== 0));
  const drawn = (moved.length > 0 ? moved : all).slice(0, COLOURS.length);
  const values = drawn.flatMap(({ points }) => points.map(([, value]) => value));
  const [least, most] = [Math.min(...values, 0), Math.max(...values) || 1];
  const [left, right, top, bottom] = [x + 46, x + width - 12, y + 36, y + height - 54];
  const across = (minute: number): number => Math.round(left + ((right - left) * minute) / (HOURS * 60));
  const up = (value: number): number => Math.round(bottom - ((bottom - top) * (value - least)) / (most - least));
  const hours = [6, 12, 18];
  return [
    ...[least, (least + most) / 2, most].flatMap((value) => [
      `<path class="grid" d="M${left} ${up(value)}H${right}"/>`,
      words(left - 6, up(value) + 4, figure(value, unit), "tiny", "end"),
    ]),
    ...hours.map((hour) => words(across((hour - FIRST_HOUR) * 60), bottom + 15, `${hour}:00`, "tiny", "middle")),
    ...drawn.map(({ points }, index) => {
      const path = bent(points).map(([minute, value]) => `${across(minute)} ${up(value)}`);
      return `<path class="${COLOURS[index]} curve" d="M${path.join("L")}"/>`;
    }),
    ...legend({ x: x + 12, y: y + height - 22, width: width - 20, height }, drawn),
  ];
}

/** In two lines, where one has not room. */
function legend({ x, y, width }: Place, series: readonly Series[]): string[] {
  let [left, line] = [0, 0];
  return series.flatMap(({ name }, index) => {
    const short = name.replace("mail/", "");
    const takes = 24 + short.length * 5.9;
    if (left + takes > width) [left, line] = [0, line + 1];
    const at = Math.round(x + left);
    left += takes;
    return [
      `<rect class="${COLOURS[index]}" x="${at}" y="${y - 8 + line * 14}" width="9" height="9"/>`,
      words(at + 13, y + line * 14, short, "tiny"),
    ];
  });
}

const DRAWN = { stat, table, bargauge: bars, timeseries: curves };

/** A JSON object a line. */
export const answersOf = (recorded: string): Shown[] =>
  recorded
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Shown);

export function dashboardPicture(dashboard: string, recorded: string): string {
  const panels = dashboardOf(dashboard);
  const answers = answersOf(recorded);
  const parts = [words(PAD + 2, 28, "o365-sync-operator, a day of two objects", "strong")];
  let [index, y] = [0, TOP];
  for (const [row, titles] of ROWS.entries()) {
    const height = HEIGHTS[row] ?? 0;
    const inRow = panels.slice(index, index + titles.length);
    index += titles.length;
    const share = (WIDTH - 2 * PAD) / inRow.reduce((sum, { gridPos }) => sum + gridPos.w, 0);
    let x = PAD;
    for (const panel of inRow) {
      const { title } = panel;
      const answer = answers.find((each) => each.title === title);
      if (answer === undefined)
        throw new Error(`docs/pictures/dashboard.jsonl has no ${title}: npm run record:dashboard`);
      const width = panel.gridPos.w * share;
      const place = { x: Math.round(x + 3), y, width: Math.round(width - 6), height: height - 6 };
      const draw = DRAWN[panel.type as keyof typeof DRAWN];
      parts.push(
        `<rect class="box" x="${place.x}" y="${y}" width="${place.width}" height="${place.height}" rx="4"/>`,
        words(place.x + 12, y + 21, title, "small strong"),
        ...draw(place, answer, panel.fieldConfig?.defaults?.unit),
      );
      x += width;
    }
    y += height;
  }
  const style = `
.big{font-size:28px;font-weight:600}.small{font-size:12px}.tiny{font-size:10.5px;fill:#59636e}
.c{fill:#1a7f37;stroke:#1a7f37}.d{fill:#8250df;stroke:#8250df}.e{fill:#9a6700;stroke:#9a6700}.c.curve,.d.curve,.e.curve{fill:none}
@media(prefers-color-scheme:dark){.tiny{fill:#9198a1}.c{fill:#3fb950;stroke:#3fb950}.d{fill:#ab7df8;stroke:#ab7df8}.e{fill:#d29922;stroke:#d29922}.c.curve,.d.curve,.e.curve{fill:none}}`;
  const title =
    "The dashboard at 19:00 of a day: two objects, of which one holds a plan since 18:00, with their accounts, runs, additions and requests";
  return svg({ width: WIDTH, height: y + PAD - 6, title, parts }, style);
}
