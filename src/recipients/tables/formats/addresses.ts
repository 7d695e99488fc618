/** One address a line: Rspamd's maps. */
import { textFormat } from "./text-lines.ts";

export const addresses = textFormat({
  key: "recipients.map",
  // Rspamd's maps end a key at # wherever it stands, and read one that begins with / up to the next /, over the lines between.
  line: (address) => (address.includes("#") || address.startsWith("/") ? undefined : address),
  words: 1,
});
