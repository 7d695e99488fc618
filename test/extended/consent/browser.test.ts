/** Granting consent as an administrator does it: in a browser, from the link in the status to the page that they come back to. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, chromium, type Page, startBrowser } from "../../support/browser.ts";
import { brief, createWorld, type World } from "../../support/world.ts";

/** Where to leave what the browser showed, for whoever wants to look; empty: nowhere. */
const SCREENSHOTS = process.env["CONSENT_SCREENSHOTS"] ?? "";

describe.skipIf(chromium === undefined)("an administrator with a browser (needs chromium)", () => {
  let browser: Browser;
  let page: Page;
  let world: World;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    const redirect = `http://localhost:${port}/consent`;
    world = await createWorld({
      flags: [`--consent-redirect-url=${redirect}`, `--consent-bind-address=127.0.0.1:${port}`],
    });
    world.tenant.app.redirectUris.add(redirect);
    world.tenant.app.roles.clear();
    await world.install();
    browser = await startBrowser(chromium ?? "");
    ({ page } = browser);
    await page.show({ dark: false, width: 900, height: 700 });
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const link = async (): Promise<string> => {
    const { status } = await world.until(
      () => world.sync(),
      ({ status }) => status?.consentUrl !== undefined,
    );
    return status?.consentUrl ?? "";
  };
  const verdict = (): Promise<unknown> => page.evaluate("document.querySelector('main')?.dataset.verdict");
  const title = (): Promise<unknown> => page.evaluate("document.querySelector('h1').textContent");
  const keep = async (name: string): Promise<void> => {
    if (SCREENSHOTS === "") return;
    mkdirSync(SCREENSHOTS, { recursive: true });
    writeFileSync(join(SCREENSHOTS, `${name}.png`), await page.screenshot());
  };
  /** The page is what it should look like, not bare text: its style passed its own policy. */
  async function expectStyled(): Promise<void> {
    expect(await page.evaluate("getComputedStyle(document.querySelector('main')).borderRadius")).toBe("12px");
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    // What the simulated sign-in lacks, such as an icon, is no fault of the page.
    expect(page.complaints.filter((complaint) => !complaint.startsWith(world.tenant.authority))).toEqual([]);
  }

  it("is told in the answer of a manual sync where to go", async () => {
    const { status } = await world.ask("sync", "early");
    expect(status?.requests?.sync).toMatchObject({ state: "Rejected", reason: "NotAuthorized" });
    expect(status?.requests?.sync?.message).toContain(await link());
  });

  it("who comes back before it is in force waits", async () => {
    const url = new URL(`http://localhost:${port}/consent`);
    url.searchParams.set("admin_consent", "True");
    url.searchParams.set("state", new URL(await link()).searchParams.get("state") ?? "");
    await page.open(url.href);
    expect(await verdict()).toBe("waiting");
    await expectStyled();
    await keep("waiting");
  });

  it("who declines is told that nothing was granted", async () => {
    world.tenant.entra.administrator = "declines";
    await page.open(await link());
    expect(await verdict()).toBe("refused");
    expect(await title()).toBe("Access was not granted");
    await expectStyled();
    await keep("refused");
  });

  it("who grants is shown that a token proves it, and the sync may begin", async () => {
    world.tenant.entra.administrator = "ask";
    await page.open(await link());
    expect(await page.evaluate("document.title")).toBe("Simulated sign-in");
    await page.open((await page.evaluate("document.querySelector('#grants').href")) as string);
    // A look within 10 seconds of the last one is not repeated: the page looks again by itself.
    await world.until(verdict, (is) => is === "granted");
    expect(await title()).toBe("Access is granted and verified");
    await expectStyled();
    await keep("granted");
    // docs/access.md shows this page: `npm run record:consent`.
    const kept = readFileSync(new URL("../../../docs/pictures/consent.png", import.meta.url));
    expect(sizeOf(await page.screenshot())).toEqual(sizeOf(kept));
    expect(brief((await world.sync()).status?.conditions)).toContain("Authorized=True/Authorized");
    expect((await world.ask("sync", "granted")).status?.requests?.sync).toMatchObject({ state: "Succeeded" });
  });

  it("with an old link is told so, also on a small dark screen", async () => {
    await page.show({ dark: true, width: 360, height: 640 });
    await page.open(`http://localhost:${port}/consent?admin_consent=True&state=gone`);
    expect(await verdict()).toBe("expired");
    await expectStyled();
    await keep("expired-dark");
    const link = (await world.sync()).status?.consentUrl ?? "";
    const state = new URL(link).searchParams.get("state") ?? "";
    await page.open(`http://localhost:${port}/consent?admin_consent=True&state=${encodeURIComponent(state)}`);
    await keep("granted-dark");
  });
});

/** Width and height of a PNG. */
const sizeOf = (png: Buffer): number[] => [png.readUInt32BE(16), png.readUInt32BE(20)];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
