/** The mails that the demo caught: to print, and as files for a browser. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { CaughtMail } from "../smtp/index.ts";

export interface Filed {
  readonly mail: CaughtMail;
  /** Shows it as a reader would see it. */
  readonly file: string;
}

export interface Mailbox {
  readonly folder: string;
  keep(mail: CaughtMail): void;
  /** The mail whose subject holds `words`; rejects when none comes within 20 s. */
  find(words: string): Promise<Filed>;
}

const PATIENCE_MS = 20_000;

export function createMailbox(folder: string): Mailbox {
  const filed: Filed[] = [];
  mkdirSync(folder);
  return {
    folder,
    keep(mail) {
      const file = join(folder, `${filed.length + 1}.html`);
      writeFileSync(file, mail.email.html ?? "");
      filed.push({ mail, file });
    },
    async find(words) {
      const deadline = Date.now() + PATIENCE_MS;
      for (;;) {
        const found = filed.find(({ mail }) => mail.email.subject?.includes(words));
        if (found !== undefined) return found;
        if (Date.now() > deadline) throw new Error(`no mail came whose subject holds "${words}"`);
        await pause(50);
      }
    },
  };
}
