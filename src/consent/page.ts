/** The one page: self-contained, without scripts, and readable by whoever comes from Microsoft's. */

import { createHash } from "node:crypto";
import type { O365Sync } from "../api/types.generated.ts";
import { html, Markup } from "../base/html.ts";
import type { ConsentVerdict } from "./consent-verdict.ts";
import { STYLE } from "./style.ts";

/** Seconds between two looks of a page that waits. */
const REFRESH_SECONDS = 10;

const styleHash = createHash("sha256").update(STYLE).digest("base64");

export const HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  // A waiting page may find another replica at its next look: the one that leads.
  Connection: "close",
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

interface Content {
  readonly tone: "good" | "bad" | "busy" | "quiet";
  readonly title: string;
  readonly text: readonly string[];
  readonly object?: O365Sync | undefined;
  readonly refresh?: boolean;
}

export function renderPage(verdict: ConsentVerdict): string {
  const { tone, title, text, object, refresh = false } = contentOf(verdict);
  const again = refresh ? html`<meta http-equiv="refresh" content="${REFRESH_SECONDS}">\n` : NOTHING;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${again}<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main class="${tone}" data-verdict="${verdict.kind}">
<svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/><path d="${ICONS[tone]}"/></svg>
<h1 role="status">${title}</h1>
${text.map((paragraph) => html`<p>${paragraph}</p>\n`)}${object === undefined ? NOTHING : facts(object)}
</main>
<footer>Mail gateway recipient sync with Microsoft 365</footer>
</body>
</html>
`;
  return page.source;
}

const NOTHING = new Markup("");

const ICONS: Readonly<Record<Content["tone"], string>> = {
  good: "M15 25l6 6 13-14",
  bad: "M17 17l14 14M31 17L17 31",
  busy: "M24 13v11l7 5",
  quiet: "M24 13v13M24 33v1",
};

const CLOSE = "You can close this page.";

function contentOf(verdict: ConsentVerdict): Content {
  switch (verdict.kind) {
    case "granted":
      return {
        tone: "good",
        title: "Access is granted and verified",
        text: ["A token of your tenant carries every permission that is needed. The sync can begin.", CLOSE],
        object: verdict.object,
      };
    case "refused":
      return {
        tone: "bad",
        title: "Access was not granted",
        text: [
          `Microsoft reports that the request was declined or not completed${verdict.code === undefined ? "" : ` (${verdict.code})`}. Nothing has changed.`,
          "It takes a Privileged Role Administrator or a Global Administrator of the tenant. Open the same link again to have another try.",
        ],
        object: verdict.object,
      };
    case "waiting":
      return {
        tone: "busy",
        title: "Waiting for Microsoft 365",
        text: [
          "You have come back from Microsoft. It can take a few minutes until what you granted is in force everywhere.",
          `So far: ${verdict.missing}.`,
          `This page looks again by itself every ${REFRESH_SECONDS} seconds.`,
        ],
        object: verdict.object,
        refresh: true,
      };
    case "notYet":
      return {
        tone: "quiet",
        title: "Access is not visible yet",
        text: [
          `At the last look: ${verdict.missing}.`,
          "If you granted access, nothing more is to be done: it is looked at again every 10 minutes. If this stays, the person who sent you the link can tell why.",
          CLOSE,
        ],
        object: verdict.object,
      };
    case "expired":
      return {
        tone: "quiet",
        title: "This link is no longer valid",
        text: [
          "It names no sync that is there now: it was changed, renewed or removed after the link was made. Nothing has changed.",
          "Ask the person who sent you the link for the current one.",
        ],
      };
  }
}

function facts({ metadata, spec, status }: O365Sync): Markup {
  const rows = [
    ["Domain", status?.domain ?? ""],
    ["Tenant", spec.tenantId],
    ["Sync", `${metadata.namespace}/${metadata.name}`],
  ].filter(([, value]) => value !== "");
  return html`<dl>
${rows.map(
  ([name = "", value = ""]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
)}</dl>`;
}
