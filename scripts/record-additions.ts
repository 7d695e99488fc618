/** `npm run record:additions`: lives the day of docs/pictures/additions.svg, and keeps it. */
import { writeFileSync } from "node:fs";
import { liveDay } from "./pictures/additions-day.ts";

writeFileSync(
  new URL("../docs/pictures/additions.json", import.meta.url),
  `${JSON.stringify(await liveDay(), null, 2)}\n`,
);
