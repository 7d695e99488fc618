/** How an address travels from the tenant to the gateway, and what stops it where. */
import { arrow, box, svg, words } from "./svg.ts";

const STATIONS = [
  [
    "The tenant",
    "users, groups and contacts in Microsoft Entra",
    "an answer that is not whole",
    "nothing of it is used",
  ],
  ["Read", "every page of every source", "no consent, a wrong secret, no network", "the list stays, it is tried again"],
  ["Derive", "the addresses of the domain", "excluded, in conflict, not to be carried", "named in <sync>-left-out"],
  ["Judge", "what changes since the last list", "a limit, or the deletion guard", "held until somebody approves it"],
  [
    "Publish",
    "ConfigMaps, written ahead",
    "the API server refuses, the operator dies",
    "finished by whoever leads next",
  ],
  [
    "The gateway",
    "mounts the list and answers RCPT TO",
    "no list was ever published",
    "the pod waits, no mail is refused",
  ],
] as const;

const WIDTH = 148;
const GAP = 20;

export function addressPicture(): string {
  const parts = STATIONS.flatMap(([name, does, trouble, then], index) => {
    const x = 20 + index * (WIDTH + GAP);
    const last = index === STATIONS.length - 1;
    return [
      box("go", { x, y: 44, width: WIDTH, height: 84 }, name, does),
      ...(last ? [] : [arrow([x + WIDTH + 2, 86], [x + WIDTH + GAP - 2, 86])]),
      arrow([x + WIDTH / 2, 130], [x + WIDTH / 2, 160]),
      box("stop", { x, y: 164, width: WIDTH, height: 108 }, trouble, then),
    ];
  });
  const title = "How an address travels: tenant, operator, ConfigMaps, gateway, and what stops it at each station";
  const width = 20 + STATIONS.length * (WIDTH + GAP);
  return svg({
    width,
    height: 300,
    title,
    parts: [
      words(20, 28, "How an address travels", "strong"),
      ...parts,
      words(
        20,
        291,
        "Orange: what stops it there, and what becomes of it. The published list stays as it is meanwhile.",
        "soft",
      ),
    ],
  });
}
