/** A report as HTML that mail programs can show: tables and inline styles, nothing loaded from anywhere. */
import { html, Markup } from "../base/html.ts";
import type { Report, Tone } from "./report.ts";
import { SIGNATURE } from "./text.ts";

const COLOURS: Readonly<Record<Tone, string>> = {
  good: "#1f7a4d",
  calm: "#57606a",
  attention: "#9a5b00",
  bad: "#b3261e",
};

const FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";
const MUTED = "color:#57606a";
/** In a template it would make the whole bundle a string of two bytes a letter: 2 MiB. */
const ELLIPSIS = "…";
const RULE = "border-top:1px solid #e4e7eb";
const HEADING = `margin:28px 0 8px;font-size:12px;line-height:16px;font-weight:600;letter-spacing:.04em;text-transform:uppercase;${MUTED}`;

/** A whole document, readable from 320 pixels on. */
export function renderHtml(report: Report): string {
  const { headline, lead, tone } = report;
  const colour = COLOURS[tone];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light only">
<title>${headline}</title>
</head>
<body style="margin:0;padding:0;background:#f3f4f6">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6">
<tr><td align="center" style="padding:16px 8px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border:1px solid #e4e7eb;border-top:4px solid ${colour};border-radius:6px;table-layout:fixed">
<tr><td style="padding:24px 20px 28px;${FONT};font-size:15px;line-height:23px;color:#1f2328;overflow-wrap:anywhere;word-break:break-word">
<h1 style="margin:0 0 8px;font-size:21px;line-height:28px;font-weight:600;color:${colour}">${headline}</h1>
<p style="margin:0">${lead}</p>
${violationTable(report)}
${report.commands.map(commandBox)}
${countRow(report)}
${factTable(report)}
${changeList(report)}
<p style="margin:28px 0 0;padding-top:14px;${RULE};font-size:12px;line-height:18px;${MUTED}">${SIGNATURE}</p>
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
  return page.source;
}

const NOTHING = new Markup("");

const TABLE = `width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;table-layout:fixed"`;
const plainTable = new Markup(TABLE);

function violationTable({ violations }: Report): Markup {
  if (violations.length === 0) return NOTHING;
  const head = `padding:6px 0;font-size:13px;line-height:18px;font-weight:400;${MUTED}`;
  const cell = `padding:8px 0;${RULE};vertical-align:top`;
  const rows = violations.map(
    ({ limit, allowed, actual, isLeast }) => html`<tr>
<td style="${cell};padding-right:12px">${breakable(limit)}</td>
<td align="right" style="${cell}">${isLeast ? "at least " : ""}${allowed}</td>
<td align="right" style="${cell};font-weight:600">${actual}</td>
</tr>
`,
  );
  return html`<table ${plainTable}>
<tr><th align="left" style="${head};padding-top:18px">Limit</th><th align="right" width="72" style="${head};padding-top:18px">allowed</th><th align="right" width="72" style="${head};padding-top:18px">this plan</th></tr>
${rows}</table>
`;
}

/** A dotted field name may break at its dots on a phone, and nowhere else. */
function breakable(name: string): Markup {
  const [first = "", ...rest] = name.split(".");
  return html`${first}${rest.map((part) => html`<wbr>.${part}`)}`;
}

function commandBox({ title, command }: Report["commands"][number]): Markup {
  return html`<p style="margin:20px 0 6px">${title}:</p>
<div style="padding:10px 12px;background:#f6f8fa;border:1px solid #e4e7eb;border-radius:4px;${MONO};font-size:13px;line-height:20px;overflow-wrap:anywhere;word-break:break-word">${command}</div>
`;
}

function countRow({ counts }: Report): Markup {
  if (counts.length === 0) return NOTHING;
  const cells = counts.map(
    ({ label, value }) => html`<td align="left" style="padding:0 6px 0 0;vertical-align:top">
<div style="font-size:22px;line-height:28px;font-weight:600;${value === 0 ? "color:#9aa3ad" : ""}">${value}</div>
<div style="font-size:12px;line-height:16px;${MUTED}">${label}</div>
</td>
`,
  );
  return html`<table role="presentation" ${plainTable}><tr><td style="padding-top:22px" colspan="${counts.length}"></td></tr><tr>
${cells}</tr></table>
`;
}

function factTable({ facts }: Report): Markup {
  const cell = `padding:7px 0;${RULE};font-size:14px;line-height:20px;vertical-align:top`;
  const rows = facts.map(
    ({ label, value }) => html`<tr>
<td width="108" style="${cell};padding-right:12px;${MUTED}">${label}</td>
<td style="${cell}">${value}</td>
</tr>
`,
  );
  return html`<h2 style="${HEADING}">The run</h2>
<table ${plainTable}>
${rows}</table>
`;
}

function changeList({ changesTitle, changes, more }: Report): Markup {
  if (changes.length === 0) return NOTHING;
  const lines = changes.map(
    ({ sign, address }) =>
      html`<div><span style="color:${sign === "-" ? COLOURS.bad : COLOURS.good};white-space:pre">${sign === "-" ? "−" : "+"} </span>${address}</div>
`,
  );
  const rest = more === 0 ? NOTHING : html`<div style="${FONT};${MUTED}">${ELLIPSIS} and ${more} more</div>`;
  return html`<h2 style="${HEADING}">${changesTitle}</h2>
<div style="${MONO};font-size:13px;line-height:21px">
${lines}${rest}</div>
`;
}
