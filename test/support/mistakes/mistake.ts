/** A mistake that a reader of a page makes, what it looks like, and how it is mended without doing anything else again. */
import type { Catcher } from "../../../dev/smtp/index.ts";
import type { Tenant } from "../../../dev/tenant/index.ts";
import { commandsOf } from "../commands.ts";
import type { Page } from "../pages.ts";

/** What is beyond a reader's shell. */
export interface Scene {
  readonly tenant: Tenant;
  readonly mailServer: Catcher;
  /** A file that a command has made. */
  read(name: string): string;
}

/** Typed, or done elsewhere. */
export type Step = string | ((scene: Scene) => void);

export interface Mistake {
  readonly page: string;
  readonly what: string;
  /** What went wrong before the reader typed. */
  readonly make?: readonly Step[];
  /** Or while the reader typed: what the page has, and what was typed. */
  readonly typo?: readonly [right: string, wrong: string];
  /** Lines of the page, each by a part of it. They are typed, and once more when the mistake is mended. */
  readonly type: readonly string[];
  /** What they show while it is wrong. It stands on the page. */
  readonly seen?: string;
  /** Or what they do not show then, and show when it is mended. */
  readonly lacks?: string;
  /** Words of the page that tell what to do. */
  readonly told: string;
  /** That, and nothing else. */
  readonly cure: readonly Step[];
  /** What holds afterwards. */
  readonly check?: readonly string[];
  /** Made before anything else of the page is typed. */
  readonly isFirst?: true;
}

const plain = (text: string): string => text.replaceAll(/\s+/g, " ");

/** What a row says of its page and the page does not have. */
export function strangeTo(page: Page, { seen, lacks, told, type, typo }: Mistake): string[] {
  const words = [seen, lacks, told].filter((each) => each !== undefined);
  const lines = commandsOf(page);
  return [
    ...words.filter((each) => !plain(page.text).includes(plain(each))),
    ...type.filter((part) => !lines.some((line) => line.includes(part))),
    ...(typo === undefined || lines.some((line) => line.includes(typo[0])) ? [] : [typo[0]]),
  ];
}

/** The lines to type; wrong ones as they were typed, and with the patience of a test. */
export function linesOf(page: Page, { type, typo }: Mistake, isWrong: boolean): string[] {
  const lines = type.map((part) => {
    const line = commandsOf(page).find((each) => each.includes(part));
    if (line === undefined) throw new Error(`${page.path} has no command with ${part}`);
    return line;
  });
  if (!isWrong) return lines;
  const [right = "", wrong = ""] = typo ?? [];
  return lines.map((line) =>
    (right === "" ? line : line.replaceAll(right, wrong)).replace(
      /--for=condition=(.*)--timeout=\d+\w/,
      "--for=condition=$1--timeout=2s",
    ),
  );
}
