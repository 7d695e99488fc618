/** Small SVG pictures for the pages: boxes, arrows, words, in the colours that the reader's screen prefers. Pure. */

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** For those who do not see it. */
  readonly title: string;
  readonly parts: readonly string[];
}

/** `go`: what goes on; `stop`: what stops it; `box`: anything else. */
export type Kind = "box" | "go" | "stop";

const STYLE = `
text{font:13px system-ui,-apple-system,"Segoe UI","Liberation Sans",sans-serif;fill:#1f2328}
.soft{fill:#59636e;font-size:12px}.strong{font-weight:600}.mono{font:13px ui-monospace,"Liberation Mono",monospace;white-space:pre}
.paper{fill:#fff;stroke:#d1d9e0}.box{fill:#f6f8fa;stroke:#818b98}.go{fill:#dafbe1;stroke:#1a7f37}.stop{fill:#fff1e5;stroke:#bc4c00}
.line{fill:none;stroke:#59636e;stroke-width:1.5}.grid{stroke:#d1d9e0}.head{fill:#59636e}
.a{fill:#0969da;stroke:#0969da}.b{fill:#bc4c00;stroke:#bc4c00}.curve{fill:none;stroke-width:2}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.soft{fill:#9198a1}.paper{fill:#0d1117;stroke:#3d444d}
.box{fill:#151b23;stroke:#656c76}.go{fill:#12261e;stroke:#3fb950}.stop{fill:#2b1d10;stroke:#db6d28}
.line{stroke:#9198a1}.grid{stroke:#3d444d}.head{fill:#9198a1}.a{fill:#4493f8;stroke:#4493f8}.b{fill:#db6d28;stroke:#db6d28}.curve{fill:none}}`;

export function svg({ width, height, title, parts }: Picture, style = ""): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}${style}\n</style>`,
    `<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>`,
    `<rect class="paper" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export const words = (x: number, y: number, text: string, style = "", anchor = "start"): string =>
  `<text x="${x}" y="${y}" class="${style}" text-anchor="${anchor}">${escaped(text)}</text>`;

const LINE = 17;
/** What a letter takes, on the generous side. */
const LETTER = 6.8;

/** A box with a heading and what it says below. */
export function box(
  kind: Kind,
  { x, y, width, height }: Readonly<Record<"x" | "y" | "width" | "height", number>>,
  heading: string,
  text = "",
): string {
  const most = Math.floor((width - 20) / LETTER);
  const lines = wrapped(heading, most).map((line) => [line, "strong"] as const);
  const below = text === "" ? [] : wrapped(text, most).map((line) => [line, "soft"] as const);
  const all = [...lines, ...below];
  const top = y + (height - all.length * LINE) / 2 + 13;
  return [
    `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`,
    ...all.map(([line, style], index) => words(x + width / 2, top + index * LINE, line, style, "middle")),
  ].join("\n");
}

export function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Through these points, with a head at the last. */
export const arrow = (...points: readonly (readonly [x: number, y: number])[]): string =>
  `<path class="line" marker-end="url(#head)" d="M${points.map(([x, y]) => `${x} ${y}`).join("L")}"/>`;
