/** A day with additions between syncs, drawn as it was lived. Pure. */
import type { AdditionsDay } from "./additions-day.ts";
import { box, svg, words } from "./svg.ts";

const [LEFT, RIGHT, LINE] = [50, 830, 150];
const [FROM, TO] = [5 * 60, 33 * 60];
const DAY = 24 * 60;
const at = (minute: number): number => Math.round((LEFT + ((RIGHT - LEFT) * (minute - FROM)) / (TO - FROM)) * 10) / 10;
const clock = (minute: number): string =>
  `${String(Math.floor((minute % DAY) / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

export function additionsPicture({ polls, added, slots, happened, held }: AdditionsDay): string {
  const hours = Array.from({ length: 10 }, (_, index) => (6 + index * 3) * 60).filter((minute) => minute <= TO);
  const parts = [
    words(20, 28, "A day with additions every five minutes", "strong"),
    `<rect class="stop" x="${at(held.from)}" y="${LINE - 66}" width="${at(held.until) - at(held.from)}" height="66"/>`,
    words(
      at((held.from + held.until) / 2),
      LINE - 48,
      `held, under ${held.digests === 1 ? "one digest" : "others"}`,
      "soft",
      "middle",
    ),
    ...hours.map((minute) => words(at(minute), LINE + 26, clock(minute), "soft", "middle")),
    `<path class="line" stroke-width="1" d="${polls.map((minute) => `M${at(minute)} ${LINE - 8}V${LINE}`).join("")}"/>`,
    ...slots.flatMap(({ at: minute, result }) => [
      `<path class="a" stroke-width="3" d="M${at(minute)} ${LINE - 66}V${LINE}"/>`,
      words(Math.max(at(minute), 90), LINE - 72, `slot ${clock(minute)}: ${result}`, "soft", "middle"),
    ]),
    ...added.map(({ at: minute }) => `<path class="b" stroke-width="3" d="M${at(minute)} ${LINE - 30}V${LINE}"/>`),
    ...happened.map(({ at: minute, what }, index) =>
      words(
        at(minute),
        LINE + 48 + (index % 2) * 18,
        `${what} ${clock(minute)}${acceptedAfter(minute, what, added)}`,
        "soft",
        "middle",
      ),
    ),
    `<path class="line" d="M${LEFT} ${LINE}H${RIGHT}"/>`,
    ...[
      ["box", `${polls.length} polls found nothing`, "three requests a tenant each time, and nothing is written"],
      [
        "go",
        `${added.length} polls found something`,
        "the new address is accepted, and the old one stays until the next sync",
      ],
      ["stop", "Whoever leaves waits", "for a slot, its guards and an approval; additions go on meanwhile"],
    ].map(([kind, heading, text], index) =>
      box(kind as "go", { x: 40 + index * 270, y: 234, width: 260, height: 84 }, heading ?? "", text),
    ),
  ];
  const title = `A day: slots at ${slots.map(({ at: minute }) => clock(minute)).join(", ")}, polls every five minutes between them, ${added.length} of which accept a new address, and a plan that is held over night`;
  return svg({ width: 880, height: 338, title, parts });
}

/** When it was accepted, of what additions accept. */
function acceptedAfter(minute: number, what: string, added: AdditionsDay["added"]): string {
  const next = added.find((each) => each.at >= minute);
  return next === undefined || !["hired", "renamed"].includes(what) ? "" : ` → ${clock(next.at)}`;
}
