/** `alias primary`: Postfix' virtual_alias_maps. An account without aliases has no line. */
import { textFormat } from "./text-lines.ts";

export const aliases = textFormat({
  key: "virtual_aliases",
  line(address, owner) {
    if (address === owner) return "";
    return address.startsWith("#") || !isPlain(owner) ? undefined : `${address} ${owner}`;
  },
  words: 2,
  // Who owns an alias is accepted too, and stands nowhere else where this is the only table.
  addressesOf: (line) => line.split(" ").slice(0, 2),
});

/** virtual(5) parses the right-hand side as a list of RFC 5322 addresses: in a local part their specials would split it. */
const isPlain = (address: string): boolean => !/[()<>[\]:;,\\@]/.test(address.slice(0, address.lastIndexOf("@")));
