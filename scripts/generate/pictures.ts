/** The pictures of docs/pictures, each from what it shows: code, an example, a table, a recording. */
import { parseAllDocuments } from "yaml";
import type { Results } from "../../bench/results.ts";
import type { O365Sync } from "../../src/api/types.generated.ts";
import { additionsPicture } from "../pictures/additions.ts";
import type { AdditionsDay } from "../pictures/additions-day.ts";
import { addressPicture } from "../pictures/address.ts";
import { computingPicture } from "../pictures/computing.ts";
import { DASHBOARD, dashboardPicture } from "../pictures/dashboard.ts";
import { dayPicture } from "../pictures/day.ts";
import { figuresPicture } from "../pictures/figures.ts";
import { growthPicture } from "../pictures/growth.ts";
import { planPicture } from "../pictures/plan.ts";
import { terminalPicture } from "../pictures/terminal.ts";

/** By path. `read` answers a file's text. */
export function renderPictures(read: (path: string) => string): Record<string, string> {
  const objects = parseAllDocuments(read("examples/full.yaml")).map((each) => each.toJS() as O365Sync);
  const sync = objects.find(({ kind }) => kind === "O365Sync");
  if (sync === undefined) throw new Error("examples/full.yaml has no O365Sync");
  const results = JSON.parse(read("bench/results.json")) as Results;
  return {
    "docs/pictures/additions.svg": additionsPicture(JSON.parse(read("docs/pictures/additions.json")) as AdditionsDay),
    "docs/pictures/address.svg": addressPicture(),
    "docs/pictures/plan.svg": planPicture(),
    "docs/pictures/day.svg": dayPicture(sync),
    "docs/pictures/performance.svg": figuresPicture(results),
    "docs/pictures/dashboard.svg": dashboardPicture(read(DASHBOARD), read("docs/pictures/dashboard.jsonl")),
    "docs/pictures/computing.svg": computingPicture(results),
    "docs/pictures/growth.svg": growthPicture(results),
    "docs/pictures/demo.svg": terminalPicture(read("docs/pictures/demo.txt")),
  };
}
