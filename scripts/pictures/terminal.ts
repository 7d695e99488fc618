/** A terminal recording: what the demo printed, a step after the other, as an SVG that plays by itself. */
import { escaped, svg } from "./svg.ts";

const [LINE, LEFT, TOP, WIDTH] = [18, 20, 56, 860];
const MOST_COLUMNS = 104;
/** A step is read at this pace. */
const SECONDS = 7;

const ESC = "\u001b";

/** What differs from run to run and from machine to machine is not part of the recording. */
export function cleaned(output: string): string {
  return (
    output
      .replaceAll(/\S*o365-sync-demo-\w+/g, "demo")
      // A token is good for one answer: who copies it from a picture asks nothing.
      .replaceAll(/(o365sync\.dev\/(?:test-connection|test-sync|sync)=)\d{10}/g, "$1$(date +%s)")
      .replaceAll(/^The story took .*$/gm, "")
      .replaceAll(/[ \t]+$/gm, "")
      .trim()
      .concat("\n")
  );
}

/** A step each, its heading first. */
export const stepsOf = (recording: string): string[][] =>
  recording
    .split(`${ESC}[1m`)
    .slice(1)
    .map((step) => step.trimEnd().split("\n"));

/** A step that shows next to nothing is shown with the one that follows. */
const FEW = 4;

function framesOf(steps: readonly string[][]): string[][] {
  const frames: string[][] = [];
  for (const step of steps) {
    const last = frames.at(-1);
    if (last !== undefined && last.length <= FEW) last.push("", ...step);
    else frames.push([...step]);
  }
  return frames;
}

function line(text: string, index: number): string {
  const isCommand = text.startsWith(`${ESC}[2m`);
  const bare = text.replaceAll(`${ESC}[2m`, "").replaceAll(`${ESC}[0m`, "");
  const shown = bare.length > MOST_COLUMNS ? `${bare.slice(0, MOST_COLUMNS - 1)}…` : bare;
  const style =
    /^\d+\. /.test(text) && text.endsWith(`${ESC}[0m`) ? "mono strong" : isCommand ? "mono command" : "mono";
  return `<text x="${LEFT}" y="${TOP + index * LINE}" class="${style}" xml:space="preserve">${escaped(shown)}</text>`;
}

export function terminalPicture(recording: string): string {
  const steps = stepsOf(recording);
  const frames = framesOf(steps);
  const tallest = Math.max(...frames.map((frame) => frame.length));
  const whole = frames.length * SECONDS;
  const share = (100 / frames.length).toFixed(3);
  const style = `
.command{fill:#0969da}.dot{fill:#818b98}
.step{opacity:0;animation:show ${whole}s linear infinite}
@keyframes show{0%,${share}%{opacity:1}${(Number(share) + 0.01).toFixed(3)}%,100%{opacity:0}}
@media(prefers-reduced-motion:reduce){.step{animation:none}.step:last-of-type{opacity:1}}
@media(prefers-color-scheme:dark){.command{fill:#4493f8}}`;
  const parts = [
    ...[20, 36, 52].map((x) => `<circle class="dot" cx="${x}" cy="20" r="5"/>`),
    ...frames.map(
      (frame, index) =>
        `<g class="step" style="animation-delay:${index * SECONDS}s">\n${frame.map(line).join("\n")}\n</g>`,
    ),
  ];
  const title = `npm run demo in ${steps.length} steps: ${steps.map(([heading = ""]) => heading.replaceAll(`${ESC}[0m`, "")).join(" ")}`;
  return svg({ width: WIDTH, height: TOP + tallest * LINE + 8, title, parts }, style);
}
