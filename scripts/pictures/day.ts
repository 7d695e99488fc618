/** A day as a timeline: the slots of examples/full.yaml, reckoned by the operator's own code. */
import type { O365Sync } from "../../src/api/types.generated.ts";
import { wantedSlots } from "../../src/schedule/object-schedule.ts";
import { box, svg, words } from "./svg.ts";

const [LEFT, RIGHT, LINE] = [40, 840, 120];
const HOURS = 24;
const at = (hours: number): number => Math.round(LEFT + ((RIGHT - LEFT) * hours) / HOURS);
const hoursOf = (time: string): number => Number(time.slice(0, 2)) + Number(time.slice(3)) / 60;

export function dayPicture(sync: O365Sync): string {
  const { times, timeZone } = wantedSlots(sync);
  const late = (sync.spec.schedule.startingDeadlineSeconds ?? 0) / 3600;
  const ticks = Array.from({ length: HOURS / 3 + 1 }, (_, index) => index * 3);
  const parts = [
    words(20, 28, `A day (${timeZone})`, "strong"),
    ...ticks.flatMap((hour) => [
      `<path class="grid" d="M${at(hour)} 60V${LINE + 8}"/>`,
      words(at(hour), LINE + 26, `${String(hour).padStart(2, "0")}:00`, "soft", "middle"),
    ]),
    ...times.flatMap((time) => {
      const [x, end] = [at(hoursOf(time)), at(Math.min(HOURS, hoursOf(time) + late))];
      return [
        `<rect class="stop" x="${x}" y="${LINE - 22}" width="${end - x}" height="22"/>`,
        `<path class="a" stroke-width="3" d="M${x} ${LINE - 46}V${LINE}"/>`,
        words(x, LINE - 52, `slot ${time}`, "strong", "middle"),
      ];
    }),
    `<path class="line" d="M${LEFT} ${LINE}H${RIGHT}"/>`,
    ...[
      ["go", "At a slot", "the tenant is read, and what it changes is published or held"],
      ["stop", `For ${late} h after it`, "a slot that nothing could run for is caught up; later it counts as missed"],
      ["box", "In between", "a person asks by annotation; a damaged ConfigMap is put right within a minute"],
    ].map(([kind, heading, text], index) =>
      box(kind as "go", { x: LEFT + index * 270, y: 168, width: 260, height: 84 }, heading ?? "", text),
    ),
  ];
  const title = `A day: slots at ${times.join(" and ")} ${timeZone}, each caught up for ${late} hours`;
  return svg({ width: 880, height: 272, title, parts });
}
