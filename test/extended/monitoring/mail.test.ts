/** The mail in a real browser: on a desk and on a phone nothing is cut off, and nothing is loaded. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderHtml } from "../../../src/notify/html.ts";
import { composeReport } from "../../../src/notify/report.ts";
import { type Browser, chromium, startBrowser } from "../../support/browser.ts";
import { CASES } from "../../unit/notify/report-cases.ts";

describe.skipIf(chromium === undefined)("A mail in a browser", () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "o365-sync-mail-"));
    browser = await startBrowser(chromium ?? "");
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(CASES)("fits at 320, 375 and 1200 pixels, about %s", async (_name, input) => {
    const file = join(folder, "mail.html");
    await writeFile(file, renderHtml(composeReport(input)));
    for (const width of [320, 375, 1200]) {
      await browser.page.show({ dark: false, width, height: 900 });
      await browser.page.open(`file://${file}`);
      const wide =
        "[...document.querySelectorAll('td,div,p,h1')].filter((e) => e.scrollWidth > e.clientWidth + 1).length";
      expect(await browser.page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      expect(await browser.page.evaluate(wide)).toBe(0);
      const smallest =
        "Math.min(...[...document.querySelectorAll('td,div,p')].map((e) => parseFloat(getComputedStyle(e).fontSize)))";
      expect(await browser.page.evaluate(smallest)).toBeGreaterThanOrEqual(12);
    }
    expect(await browser.page.evaluate("performance.getEntriesByType('resource').length")).toBe(0);
    expect(browser.page.complaints).toEqual([]);
  });
});
