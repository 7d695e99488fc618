/** The life of a plan: from a read tenant to a list, or to a person who decides. */
import { arrow, box, svg, words } from "./svg.ts";

export function planPicture(): string {
  const parts = [
    words(20, 28, "The life of a plan", "strong"),
    box("box", { x: 20, y: 60, width: 160, height: 70 }, "A sync is due", "slot, request, change of the spec"),
    arrow([182, 95], [228, 95]),
    box("box", { x: 232, y: 60, width: 170, height: 70 }, "Planned", "removals confirmed one by one in the tenant"),
    arrow([404, 95], [468, 95]),
    words(436, 86, "within", "soft", "middle"),
    box("go", { x: 472, y: 60, width: 170, height: 70 }, "Published", "the list that gateways mount"),
    arrow([317, 132], [317, 198]),
    words(327, 170, "beyond a limit", "soft"),
    box(
      "stop",
      { x: 232, y: 202, width: 170, height: 84 },
      "Held",
      "nothing is saved; the plan is shown in <sync>-plan",
    ),
    arrow([404, 244], [468, 244]),
    words(436, 235, "approve", "soft", "middle"),
    box(
      "box",
      { x: 472, y: 202, width: 170, height: 84 },
      "Read again",
      "what was shown goes through; what is new must pass the guards",
    ),
    arrow([557, 200], [557, 134]),
    words(567, 170, "published", "soft"),
    arrow([230, 244], [100, 244], [100, 134]),
    words(30, 262, "corrected in the tenant or", "soft"),
    words(30, 279, "in the spec: the next sync", "soft"),
    arrow([590, 288], [590, 312], [317, 312], [317, 290]),
    words(453, 306, "something new exceeds them", "soft", "middle"),
    words(20, 340, "A plan has a digest. An approval names it, counts once, and for nothing else.", "soft"),
  ];
  const title = "The life of a plan: planned, then published, or held until it is approved by its digest or corrected";
  return svg({ width: 670, height: 356, title, parts });
}
