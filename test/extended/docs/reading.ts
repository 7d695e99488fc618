/** The pages whose commands are typed, as a reader meets them: the first two are the way in, the last takes everything away. */
import { commandsOf } from "../../support/commands.ts";
import { type Page, readPages } from "../../support/pages.ts";
import { NOT_RUN, PAGES_NOT_TYPED } from "./explained.ts";

const FIRST = ["README.md", "docs/getting-started.md"];
const LAST = "docs/upgrade.md";
const rank = ({ path }: Page): number => (path === LAST ? FIRST.length + 1 : (FIRST.indexOf(path) + 3) % 3);

export const isRun = (command: string): boolean => !NOT_RUN.some(([pattern]) => pattern.test(command));

export const TYPED: readonly Page[] = readPages().filter(({ path }) => !(path in PAGES_NOT_TYPED));

export const READ: readonly Page[] = TYPED.filter((page) => commandsOf(page).some(isRun)).sort(
  (a, b) => rank(a) - rank(b),
);
