/**
 * `npm run record`: plays the demo, and keeps what it printed as docs/pictures/demo.txt, of which demo.svg is made, and the mail
 * about the held plan as a browser shows it.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium, startBrowser } from "../test/support/browser.ts";
import { cleaned } from "./pictures/terminal.ts";

const PICTURES = new URL("../docs/pictures/", import.meta.url);

async function screenshot(file: string): Promise<Buffer> {
  if (chromium === undefined) throw new Error("the picture of a mail needs chromium");
  const browser = await startBrowser(chromium);
  try {
    await browser.page.show({ dark: false, width: 720, height: 560 });
    await browser.page.open(`file://${file}`);
    return await browser.page.screenshot();
  } finally {
    await browser.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), "o365-sync-demo-"));
try {
  const mails = join(folder, "mails");
  const args = ["tsx", "dev/demo/main.ts", "--exit", "--mails", mails];
  const { stdout } = await promisify(execFile)("npx", args, { maxBuffer: 2 ** 24 });
  await writeFile(new URL("demo.txt", PICTURES), cleaned(stdout));
  for (const name of await readdir(mails)) {
    const text = await readFile(join(mails, name), "utf8");
    if (text.includes("Held")) await writeFile(new URL("mail.png", PICTURES), await screenshot(join(mails, name)));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log("docs/pictures has the demo's text and its mail; npm run generate makes demo.svg of the text");
