/** Which of some addresses an object of the directory has. Pure. */
import type { DirectoryObject } from "./model.ts";
import { parseAddress, smtpAddresses } from "./smtp-address.ts";

/** Each once, as addresses are compared. */
export function heldBy(
  object: Pick<DirectoryObject, "mail" | "proxyAddresses">,
  wanted: ReadonlySet<string>,
): ReadonlySet<string> {
  const held = new Set<string>();
  for (const { raw } of smtpAddresses(object)) {
    const parsed = parseAddress(raw);
    if ("address" in parsed && wanted.has(parsed.address)) held.add(parsed.address);
  }
  return held;
}
