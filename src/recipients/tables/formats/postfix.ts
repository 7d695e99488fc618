/** `address OK`: Postfix' relay_recipient_maps, and Exim's lsearch. */
import { textFormat } from "./text-lines.ts";

export const postfix = textFormat({
  key: "relay_recipients",
  // Postfix and Exim skip a line that begins with #; anywhere else it is a character like any other.
  line: (address) => (address.startsWith("#") ? undefined : `${address} OK`),
  words: 2,
});
