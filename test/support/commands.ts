/** The commands that a page tells people to type. */
import type { Page } from "./pages.ts";

/** The namespace that the documentation installs the operator in. */
export const SYSTEM = "o365-sync-system";

/** How a line of a shell begins; a block without a language that begins otherwise shows a file, or an answer. */
const COMMAND =
  /^(\$ |#|(kubectl|helm|docker|kind|npm|npx|node|git|az|terraform|openssl|curl|journalctl|export|\.ci\/run|bash|postmap|promtool)\b|[A-Z]+=)/;

/** One command each, continuations and what stands in quotes joined. */
export const commandsOf = ({ blocks }: Page): string[] =>
  blocks
    .filter(({ info, text }) => info === "sh" || (info === "" && COMMAND.test(text)))
    .flatMap(({ text }) => text.replaceAll(/\\\n\s*/g, "").split(/\n(?=(?:[^']*'[^']*')*[^']*$)/))
    .map((line) => line.replace(/^\$ /, "").trim())
    .map((line) => line.replaceAll("OPERATOR_NAMESPACE", SYSTEM).replaceAll(/\bNAMESPACE\b/g, "mail"))
    .map((line) => line.replaceAll(/\bFILE\b/g, "secret"))
    .map((line) => line.replaceAll(/\bNAME\b/g, "example-com").replaceAll(/ SECRET\b/g, " o365-cert"))
    .filter((line) => line !== "" && !line.startsWith("#"));
